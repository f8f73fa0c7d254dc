package io.quern.faults;

import io.quern.bench.ShimmedLlama;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * A request that crashes every worker it reaches, in native code. It is found and ended with the documented error; the requests beside it
 * go on, and the pool is whole afterwards.
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
    public Outcome run(Stage stage) throws Exception {
        int times = stage.times(10, 1);
        Outcome outcome = new Outcome(times);
        List<Double> took = new ArrayList<>();
        List<StreamRequest> stories = StreamRequest.several(OTHERS, OTHERS_TOKENS, 0);
        Path libraries = ShimmedLlama.make(
                stage.home().resolve("poisoned-llama-" + stage.method()),
                Path.of("src/bench/c/poison.c"),
                List.of("-DPOISON=\"" + TEXT + "\""));
        try (Engine engine = stage.start(2, Map.of("QUERN_LLAMA_LIBRARY", libraries.toString()))) {
            List<StreamedAnswer> undisturbed = Engine.ends(engine.begin("undisturbed", stories));
            for (int i = 0; i < times; i++) {
                List<Future<StreamedAnswer>> others = engine.begin("others-" + i, stories);
                long begin = System.nanoTime();
                StreamedAnswer poison = Engine.ends(engine.begin("poison-" + i, List.of(POISON)))
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
                outcome.compare(Engine.ends(others), undisturbed);
                engine.awaitFull();
            }
            int told = engine.logged(ENDED).size();
            outcome.expect(told == times, "expected %d lines '%s', saw %d", times, ENDED, told);
        }
        return outcome.figure("request ended after: %s", Times.told(took))
                .figure("%d streams of other clients compared", times * OTHERS);
    }
}
