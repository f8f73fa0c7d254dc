package io.quern.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Compares each filter, test, method, operator and statement with results of jinja2, see src/scripts/record-jinja. */
class JinjaBatteryTest {
    private static final Limits GENEROUS = new Limits(Duration.ofMinutes(5), 1 << 24, 1L << 40, 1L << 40);
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-02-14T09:05:07Z"), ZoneOffset.UTC);

    /** Cases that jinja2 renders and this package refuses. Add a kind only for a good reason. */
    private static final Map<String, Integer> REFUSED = new TreeMap<>(Map.of(
            "the filter pprint", 72,
            "a safe text", 24,
            "a complex number", 22,
            "casefold", 19,
            "encode", 19,
            "format_map", 19,
            "int", 10,
            "writing the result of map", 9,
            "the option z of a format", 6,
            "others", 4));

    @Test
    void resultsEqualThoseOfJinja2() throws IOException {
        JsonNode recorded;
        try (InputStream in = JinjaBatteryTest.class.getResourceAsStream("/jinja/battery.json")) {
            recorded = new ObjectMapper().readTree(in);
        }
        Map<String, Object> variables =
                new ObjectMapper().convertValue(recorded.get("variables"), new TypeReference<>() {});
        List<String> wrong = new ArrayList<>();
        Map<String, Integer> refused = new TreeMap<>();
        for (JsonNode row : recorded.get("cases")) {
            String template = row.get(0).asText();
            String expected = row.get(1).isTextual() ? row.get(1).asText() : null;
            try {
                String rendered = JinjaTemplate.parse(template).render(variables, GENEROUS, CLOCK);
                if (!rendered.equals(expected)) {
                    wrong.add("%s is %s in jinja2, and '%s' here".formatted(template, row.get(1), rendered));
                }
            } catch (TemplateException e) {
                if (expected == null) {
                    continue;
                }
                if (!e.getMessage().contains("not supported")) {
                    wrong.add("%s is '%s' in jinja2, and here: %s".formatted(template, expected, e.getMessage()));
                }
                refused.merge(kind(e.getMessage()), 1, Integer::sum);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(refused).isEqualTo(REFUSED);
        assertThat(recorded.get("cases").size()).isGreaterThan(30_000);
    }

    private static String kind(String message) {
        return REFUSED.keySet().stream()
                .filter(kind -> message.contains(kind.equals("int") ? " of int " : kind))
                .findFirst()
                .orElse("others");
    }
}
