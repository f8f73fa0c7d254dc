package io.quern.faults;

import io.quern.bench.ShimmedLlama;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * A request crashes every worker that it runs on, in native code. The engine ends it with the documented error.
 * Requests on the same workers go on, and all workers are ready afterwards.
 */
final class Poison implements Fault {
    private static final Pattern ENDED =
            Pattern.compile("requestId=poison-\\S+ the request fails: workers were lost \\d+ times in a row");

    private static final String TEXT = "This one kills.";

    private static final StreamRequest POISON = new StreamRequest(TEXT, 10, 0, 0);
    private static final int OTHERS = 4;
    private static final int OTHERS_TOKENS = 1000;

    @Override
    public String name() {
        return "poison";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = testBed.times(10, 1);
        Outcome outcome = new Outcome(times);
        List<Double> took = new ArrayList<>();
        List<StreamRequest> requests = StreamRequest.several(OTHERS, OTHERS_TOKENS, 0);
        Path libraries = ShimmedLlama.make(
                testBed.home().resolve("poisoned-llama-" + testBed.method()),
                Path.of("src/bench/c/poison.c"),
                List.of("-DPOISON=\"" + TEXT + "\""));
        try (Engine engine = testBed.start(2, Map.of("QUERN_LLAMA_LIBRARY", libraries.toString()))) {
            List<StreamedAnswer> undisturbed = Engine.awaitAnswers(engine.submit("undisturbed", requests));
            for (int i = 0; i < times; i++) {
                List<Future<StreamedAnswer>> others = engine.submit("others-" + i, requests);
                long begin = System.nanoTime();
                StreamedAnswer poison = Engine.awaitAnswers(engine.submit("poison-" + i, List.of(POISON)))
                        .getFirst();
                took.add(Times.millisSince(begin));
                outcome.expect(
                        poison.status == 422
                                && poison.error.contains("ends_workers")
                                && "false".equals(poison.shouldRetry),
                        "expected status 422, code ends_workers and x-should-retry false, saw %d, %s, %s",
                        poison.status,
                        poison.shortError(),
                        poison.shouldRetry);
                outcome.compare(Engine.awaitAnswers(others), undisturbed);
                engine.awaitAllReady();
            }
            int logged = engine.logged(ENDED).size();
            outcome.expect(logged == times, "expected %d times the line '%s', saw %d", times, ENDED, logged);
        }
        return outcome.figure("request ended after: %s", Times.summary(took))
                .figure("%d streams of other clients compared", times * OTHERS);
    }
}
