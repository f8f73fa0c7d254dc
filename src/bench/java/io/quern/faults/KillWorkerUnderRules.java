package io.quern.faults;

import java.util.List;
import java.util.Map;

/**
 * Kills a random one of two workers with SIGKILL under greedy and sampled streams whose tokens do not depend on the
 * model alone: a grammar, biases, penalties, log probabilities, several choices.
 */
record KillWorkerUnderRules() implements Fault {
    private static final int TOKENS = 120;

    /** One element for each kind of request. An answer under a grammar ends before its tokens are used up. */
    private static final List<String> RULES = List.of(
            """
            {"guided_grammar": "root ::= \\"{ \\" pair (\\", \\" pair){9} \\" }\\"\\npair ::= \\"\\\\\\"\\" [a-z]{1,8} \\"\\\\\\": \\" [0-9]{1,4}",
             "ignore_eos": false, "logprobs": true, "top_logprobs": 2}""", """
            {"logprobs": true, "top_logprobs": 5}""",
            """
            {"logit_bias": {"100": 3, "200": -5}, "bad_words": ["worker"], "frequency_penalty": 0.5,
             "repetition_penalty": 1.1, "min_tokens": 40, "ignore_eos": false}""", """
            {"n": 3}""");

    @Override
    public String name() {
        return "kill-worker-rules";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = testBed.times(50, 3);
        Outcome outcome = new Outcome(times);
        List<StreamRequest> requests = StreamRequest.each(RULES, TOKENS);
        try (Engine engine = testBed.start(2, Map.of())) {
            Rounds rounds = new Rounds(engine, requests, outcome);
            for (int i = 0; i < times; i++) {
                rounds.run("rules-" + i, victim -> {
                    victim.kill();
                    engine.await("both workers are ready again", () -> engine.allReady(victim.pid()));
                });
                Faults.progress(i, times);
            }
            List<Double> pauses = rounds.pausesOfMoved();
            outcome.expect(!pauses.isEmpty(), "expected streams to resume on the other worker, saw none");
            outcome.figure("pause of streams that moved: %s", Times.summary(pauses));
        }
        return outcome;
    }
}
