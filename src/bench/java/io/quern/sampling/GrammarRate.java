package io.quern.sampling;

import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.Grammar;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LlamaModel;
import io.quern.llama.LogLevel;
import io.quern.llama.Sampler;
import io.quern.llama.SamplerSettings;
import io.quern.llama.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Compares the token rate of one stream with and without a grammar, in turns. Arguments: the folder with llama.cpp's
 * libraries, the model, and the number of rounds.
 */
final class GrammarRate {
    private static final int CONTEXT = 1024;
    private static final int TOKENS = 200;

    /** A person with a name, an age, an address, hobbies and an optional note, as a JSON Schema would become. */
    private static final String PERSON = """
            root ::= "{" ws "\\"name\\":" ws string "," ws "\\"age\\":" ws integer "," ws "\\"address\\":" ws address "," ws "\\"hobbies\\":" ws hobbies note? ws "}"
            address ::= "{" ws "\\"street\\":" ws string "," ws "\\"city\\":" ws string "," ws "\\"zip\\":" ws zip ws "}"
            hobbies ::= "[" ws (string ("," ws string){0,5})? ws "]"
            note ::= "," ws "\\"note\\":" ws string
            zip ::= "\\"" [0-9]{5} "\\""
            string ::= "\\"" char* "\\""
            char ::= [^"\\\\\\x00-\\x1f] | "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4})
            integer ::= "-"? ("0" | [1-9] [0-9]{0,14})
            ws ::= | " " | "\\n" [ \\t]{0,20}
            """.replace("[\"\\\\bfnrt]", "[\\x22\\x5Cbfnrt]")
            .replace("[^\"\\\\\\x00-\\x1f]", "[^\\x22\\x5C\\x00-\\x1f]");

    private static final String PROMPT = """
            <|im_start|>user
            Describe a person as JSON with name, age, address (street, city, zip), hobbies and a note.<|im_end|>
            <|im_start|>assistant
            """;

    private final LlamaModel model;
    private final Vocabulary vocabulary;
    private final LlamaContext context;
    private final Batch batch = new Batch(CONTEXT);
    private final int[] prompt;
    private double grammarMillis;

    private GrammarRate(LlamaModel model, LlamaContext context) {
        this.model = model;
        this.vocabulary = model.vocabulary();
        this.context = context;
        this.prompt = vocabulary.tokenize(PROMPT.getBytes(StandardCharsets.UTF_8), false);
    }

    public static void main(String[] arguments) {
        LlamaLibrary library = LlamaLibrary.load(Path.of(arguments[0]), false, LogLevel.ERROR, (level, line) -> {});
        int rounds = Integer.parseInt(arguments[2]);
        try (LlamaModel model = LlamaModel.load(library, Path.of(arguments[1]), true, done -> {});
                LlamaContext context = LlamaContext.create(model, new ContextSettings(1, CONTEXT, CONTEXT, 1, false))) {
            GrammarRate rate = new GrammarRate(model, context);
            for (float temperature : new float[] {0, 0.8f}) {
                double[] free = new double[rounds];
                double[] constrained = new double[rounds];
                double[] share = new double[rounds];
                for (int round = -1; round < rounds; round++) {
                    double without = rate.measure(temperature, round, null);
                    double with = rate.measure(temperature, round, PERSON);
                    if (round >= 0) {
                        free[round] = without;
                        constrained[round] = with;
                        share[round] = with / without;
                    }
                }
                System.out.printf(
                        "temperature %.1f: %.1f tokens/s without a grammar, %.1f with one, median ratio %.2f%n",
                        temperature, median(free), median(constrained), median(share));
            }
            System.out.printf("reading the grammar took %.2f ms%n", rate.grammarMillis);
        }
    }

    /** Returns tokens per second, without the prefill. */
    private double measure(float temperature, int round, String gbnf) {
        int tokens = 0;
        long nanos = 0;
        for (int answer = 0; tokens < TOKENS; answer++) {
            long seed = 1000L * round + answer;
            long read = System.nanoTime();
            Grammar grammar = gbnf == null ? null : Grammar.of(model, gbnf, "root");
            grammarMillis = gbnf == null ? grammarMillis : (System.nanoTime() - read) / 1e6;
            var settings = new SamplerSettings(temperature, 0, 1, 0, 0, 0, 1, seed);
            try (Sampler sampler = new Sampler(model, settings, CONTEXT, grammar)) {
                context.remove(0);
                batch.clear();
                int output = 0;
                for (int i = 0; i < prompt.length; i++) {
                    output = batch.add(prompt[i], i, 0, i == prompt.length - 1);
                }
                context.decode(batch);
                StringBuilder text = new StringBuilder();
                long begin = System.nanoTime();
                int count = 0;
                while (count < TOKENS) {
                    int token = sampler.sample(context, output, count++);
                    text.append(new String(vocabulary.bytes(token), StandardCharsets.UTF_8));
                    if (grammar != null && vocabulary.isEndOfGeneration(token)) {
                        break;
                    }
                    batch.clear();
                    output = batch.add(token, prompt.length + count - 1, 0, true);
                    context.decode(batch);
                }
                nanos += System.nanoTime() - begin;
                tokens += count;
                if (round == 0 && answer == 0 && gbnf != null) {
                    System.out.println(text);
                }
            }
        }
        return tokens / (nanos / 1e9);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
