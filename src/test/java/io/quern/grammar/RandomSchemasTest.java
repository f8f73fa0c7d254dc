package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Converts random and broken inputs. {@code -Dquern.fuzz.duration=PT10M} runs the broken ones for longer than in CI.
 */
class RandomSchemasTest {
    private static final Duration FUZZ = Duration.parse(System.getProperty("quern.fuzz.duration", "PT3S"));
    private static final GrammarLimits SMALL = new GrammarLimits(1 << 16, 2000, 16, 200, 200, 50_000);
    private static final String JSON_BITS = "{}[]\",:0123456789.eE-+ \\truefalsenull$#/";
    private static final List<String> WORDS = List.of(
            "type",
            "properties",
            "required",
            "$ref",
            "#",
            "anyOf",
            "oneOf",
            "allOf",
            "items",
            "pattern",
            "enum",
            "const",
            "minimum",
            "maximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "additionalProperties",
            "prefixItems",
            "not",
            "object",
            "array",
            "string",
            "integer",
            "number",
            "#/$defs/shared",
            "$defs",
            "(a|b)*",
            "format",
            "date");
    private static final List<String> GBNF_BITS = List.of(
            "root ::= ",
            "a ::= ",
            "b ::= ",
            "\n",
            "a",
            "b",
            "root",
            "\"x\"",
            "\"\"",
            "[a-z]",
            "[^\"]",
            ".",
            "(",
            ")",
            "|",
            "*",
            "+",
            "?",
            "{2}",
            "{0,3}",
            "{2,}",
            "{9,1}",
            "#",
            "\\",
            "\"",
            "[",
            "]",
            "-",
            "^",
            "<1>",
            "\\u0041",
            " ");
    private static final List<String> REGEX_BITS = List.of(
            "a", "b", ".", "\\d", "\\w", "\\S", "(", ")", "(?:", "|", "*", "+", "?", "{2}", "{1,3}", "{0,20}", "[a-z]",
            "[^b]", "^", "$", "\\b", "(?=", "\\1", "[", "]", "\\u0041", "{", "}", "é", "\\p{L}");

    @Test
    void documentsOfRandomSchemasAreValid() {
        RandomSchemas schemas = new RandomSchemas(new Random(7));
        int accepted = 0;
        for (int i = 0; i < 100; i++) {
            ObjectNode schema = schemas.next();
            try {
                Grammar grammar = new SchemaGrammars(GrammarLimits.DEFAULT).of(schema, "schema");
                accepted++;
                assertThat(Documents.problems(schema, grammar, 20))
                        .as(schema.toString())
                        .isEmpty();
            } catch (GrammarException e) {
                assertThat(e.keyword()).as(schema + ": " + e.getMessage()).isNotNull();
            }
        }
        assertThat(accepted).isGreaterThan(80);
    }

    @Test
    void brokenInputsRaiseOnlyTheTypedError() {
        Random random = new Random(Long.getLong("quern.fuzz.seed", 11));
        RandomSchemas schemas = new RandomSchemas(random);
        long end = System.nanoTime() + FUZZ.toNanos();
        do {
            JsonNode schema = broken(schemas.next().toString(), random);
            if (schema != null) {
                expectAnswer(() -> new SchemaGrammars(SMALL).of(schema, "schema"), schema.toString());
            }
            String gbnf = bits(GBNF_BITS, random, 30);
            expectAnswer(() -> new TextGrammars(SMALL).gbnf("root ::= " + gbnf, "grammar"), gbnf);
            String regex = bits(REGEX_BITS, random, 20);
            expectAnswer(() -> new TextGrammars(SMALL).regex(regex, "regex"), regex);
        } while (System.nanoTime() < end);
    }

    /** The work is bounded by counted steps, so a test need not measure time. */
    private static void expectAnswer(Runnable conversion, String input) {
        try {
            conversion.run();
        } catch (GrammarException e) {
            assertThat(e.getMessage()).startsWith(e.path());
        } catch (RuntimeException | StackOverflowError e) {
            fail(input, e);
        }
    }

    /** Returns a schema with some bytes or words changed, or null if it is no JSON any more. */
    private static JsonNode broken(String json, Random random) {
        StringBuilder text = new StringBuilder(json);
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(text.length());
            if (random.nextBoolean()) {
                text.setCharAt(at, JSON_BITS.charAt(random.nextInt(JSON_BITS.length())));
            } else {
                int quote = text.indexOf("\"", at);
                int end = text.indexOf("\"", quote + 1);
                if (quote >= 0 && end > quote) {
                    text.replace(quote + 1, end, WORDS.get(random.nextInt(WORDS.size())));
                }
            }
        }
        try {
            return Validator.MAPPER.readTree(text.toString());
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static String bits(List<String> bits, Random random, int most) {
        List<String> chosen = new ArrayList<>();
        for (int i = random.nextInt(most); i >= 0; i--) {
            chosen.add(bits.get(random.nextInt(bits.size())));
        }
        return String.join(random.nextBoolean() ? "" : " ", chosen);
    }
}
