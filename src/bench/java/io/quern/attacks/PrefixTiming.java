package io.quern.attacks;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Measures times to the first token, which could reveal that somebody else has sent the same prompt before. */
final class PrefixTiming implements Attack {
    private static final String OTHER_KEY = "the-key-of-somebody-else";
    private static final int ROUNDS = 25;
    private static final int BRIEF_ROUNDS = 9;
    private static final int WORDS = 330;
    private static final List<String> VOCABULARY = List.of(
            "a", "the", "worker", "engine", "model", "memory", "starts", "stone", "and", "of", "slot", "token", "queue",
            "fast");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Override
    public String name() {
        return "prefix-timing";
    }

    @Override
    public String tries() {
        return "A client guesses another key's prompt of " + WORDS + " words and times the first token."
                + " A right guess should take as long as a wrong one.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        int rounds = target.brief() ? BRIEF_ROUNDS : ROUNDS;
        List<Double> right = new ArrayList<>();
        List<Double> wrong = new ArrayList<>();
        Random random = new Random(15);
        try (Victim victim = target.start(Map.of("QUERN_OPENAI_API_KEYS", Victim.KEY + "," + OTHER_KEY))) {
            for (int round = 0; round < rounds; round++) {
                String secret = words(random);
                millisFor(victim, Victim.KEY, secret);
                right.add(millisFor(victim, OTHER_KEY, secret));
                wrong.add(millisFor(victim, OTHER_KEY, words(random)));
            }
        }
        double guessed = median(right);
        double wrongMedian = median(wrong);
        long found = right.stream().filter(time -> time < wrongMedian / 2).count();
        // The fastest of each decides: a busy machine makes any request slow but none fast.
        return Finding.of(
                Collections.min(right) > Collections.min(wrong) / 2,
                "%d of %d prompts recognized by their time; median %.1f ms against %.1f ms,"
                        + " fastest %.1f ms against %.1f ms",
                found,
                rounds,
                guessed,
                wrongMedian,
                Collections.min(right),
                Collections.min(wrong));
    }

    /** Returns the milliseconds until a one-token answer is complete. */
    private double millisFor(Victim victim, String key, String prompt) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(victim.uri("/v1/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"prompt\":\"" + prompt + "\",\"max_tokens\":1,\"temperature\":0}"))
                .build();
        long begin = System.nanoTime();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        double millis = (System.nanoTime() - begin) / 1e6;
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
        return millis;
    }

    private static String words(Random random) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < WORDS; i++) {
            words.append(VOCABULARY.get(random.nextInt(VOCABULARY.size()))).append(' ');
        }
        return words.toString();
    }

    private static double median(List<Double> times) {
        return times.stream().sorted().toList().get(times.size() / 2);
    }
}
