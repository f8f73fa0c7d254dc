package io.quern.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.quern.jinja.TemplateException.Fault;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Covers what the recorded prompts do not: single rules, errors with their lines, limits. */
class TemplateSemanticsTest {
    private static final Limits GENEROUS = new Limits(Duration.ofSeconds(60), 1 << 20, 1L << 40, 64 << 20);
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-02-14T09:05:07Z"), ZoneOffset.UTC);
    private static final Map<String, Object> VARIABLES =
            Map.of("text", "{{ 7*7 }}{% raw %}", "list", List.of(1, 2.5f, "x"), "flag", "false");

    @Test
    void userTextIsNeverParsedAsTemplate() {
        assertThat(render("{{ text }}|{{ text | upper }}|{{ [text] }}|{% set t %}{{ text }}{% endset %}{{ t }}"))
                .isEqualTo("{{ 7*7 }}{% raw %}|{{ 7*7 }}{% RAW %}|['{{ 7*7 }}{% raw %}']|{{ 7*7 }}{% raw %}");
    }

    @Test
    void textFalseIsTrue() {
        assertThat(render("{% if flag %}there{% else %}lost{% endif %}")).isEqualTo("there");
    }

    @Test
    void notHasLowerPrecedenceThanComparison() {
        assertThat(render("{{ not 'a' == 'b' }} {{ not 1 in [2] }} {{ not missing is defined }}"))
                .isEqualTo("True True True");
    }

    @Test
    void variableSetInLoopLastsOneIteration() {
        assertThat(render("{% for i in [1, 2] %}{% if last is defined %}leak{% endif %}{% set last = i %}{% endfor %}"
                        + "{{ last is defined }}"))
                .isEqualTo("False");
    }

    @Test
    void macroReadsNamesWhereItIsDefined() {
        assertThat(render("{% macro m() %}{{ x }}{% endmacro %}{% for x in ['caller'] %}[{{ m() }}]{% endfor %}"))
                .isEqualTo("[]");
    }

    @Test
    void whitespaceIsTrimmedAsInTransformers() {
        assertThat(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n\n")).isEqualTo("a\n  b\nc\n");
        assertThat(render("a  {%- if true -%}  b  {%- endif %}  \n c")).isEqualTo("ab  \n c");
        assertThat(render("x\n  {%+ if true %}y{% endif +%}\nz{# c #}\n!")).isEqualTo("x\n  y\nz!");
        assertThat(render("{{ 'a' }}\n  {{- 'b' -}}\n c")).isEqualTo("a\nbc".replace("\n", ""));
        assertThat(render("a\r\nb\r{{ 'x\r\n' | length }}")).isEqualTo("a\nb\n2");
    }

    @Test
    void closingSignsInStringsDoNotEndTags() {
        assertThat(render("{{ '}}' }}{{ {'a': {'b': 1}}.a.b }}{% set x = '%}' %}{{ x }}{{ \"it's \\\"}}\\\"\" }}"))
                .isEqualTo("}}1%}it's \"}}\"");
    }

    @Test
    void javaNumbersAreTemplateNumbers() {
        assertThat(render("{{ list }} {{ list[0] + 1 }} {{ list[-1] }}")).isEqualTo("[1, 2.5, 'x'] 2 x");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{{ x | }} ~ 1 ~ expected a name",
                "a{{ 1 + }} ~ 1 ~ expected a value",
                "{% if true %}a ~ 1 ~ the tag 'if' is not closed",
                "{% endif %} ~ 1 ~ has no opening tag",
                "{% wibble %} ~ 1 ~ the tag 'wibble' is not supported",
                "{% include 'x' %} ~ 1 ~ the tag 'include' is not supported",
                "{{ 'a ~ 1 ~ the string that begins here does not end",
                "{{ a ~ 1 ~ the expression that begins here does not end",
                "{# a ~ 1 ~ the comment that begins here does not end",
                "{% raw %}x ~ 1 ~ the raw block that begins here does not end",
                "{% break %} ~ 1 ~ outside of a loop",
                "{{ 1 2 }} ~ 1 ~ expected the end",
                "{{ 1 if }} ~ 1 ~ expected a value",
                "{{ 'a' | wibble }} ~ 1 ~ there is no filter 'wibble'",
            })
    void syntaxErrorsAreFoundWhileParsing(String template, int line, String problem) {
        assertThatExceptionOfType(TemplateException.class)
                .isThrownBy(() -> JinjaTemplate.parse("\n" + template))
                .satisfies(e -> {
                    assertThat(e.line()).isEqualTo(line + 1);
                    assertThat(e.fault()).isEqualTo(Fault.TEMPLATE);
                    assertThat(e.getMessage()).contains(problem);
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{{ missing.name }} ~ 'missing' is undefined",
                "{{ missing() }} ~ 'missing' is undefined",
                "{{ 'a' + missing }} ~ 'missing' is undefined",
                "{{ 'a' + none }} ~ cannot evaluate str + None",
                "{{ 1 / 0 }} ~ division by zero",
                "{{ 1 < 'a' }} ~ cannot compare int with str",
                "{{ 'a'.nothing() }} ~ str has no attribute 'nothing'",
                "{{ 'a'() }} ~ str cannot be called",
                "{% for x in 1 %}{% endfor %} ~ int is not iterable",
                "{{ [1].append(2) }} ~ which templates must not do",
                "{{ 'a' | wibble }} ~ there is no filter 'wibble'",
                "{{ 'a' is wibble }} ~ there is no test 'wibble'",
                "{{ 'a' | pprint }} ~ the filter pprint is not supported",
                "{% set missing.x = 1 %} ~ is not a namespace",
                "{% for a, b in [[1]] %}{% endfor %} ~ fewer than 2 elements",
                "{{ range(1, 2, 0) }} ~ the step of a range must not be zero",
                "{{ 'abc'[::0] }} ~ the step of a slice must not be zero",
                "{{ range | tojson }} ~ cannot be written as JSON",
            })
    void errorsWhileRenderingNameTheirLine(String template, String problem) {
        assertThatExceptionOfType(TemplateException.class)
                .isThrownBy(() -> render("begin\n{% if true %}\n\n" + template + "{% endif %}"))
                .satisfies(e -> {
                    assertThat(e.line()).isEqualTo(4);
                    assertThat(e.fault()).isEqualTo(Fault.TEMPLATE);
                    assertThat(e.getMessage()).contains(problem);
                });
    }

    @Test
    void templateMayRefuseItsInput() {
        assertThatExceptionOfType(TemplateException.class)
                .isThrownBy(() -> render("half a prompt\n{{ raise_exception('Roles must ' ~ 'alternate') }}"))
                .satisfies(e -> {
                    assertThat(e.fault()).isEqualTo(Fault.RAISED);
                    assertThat(e.line()).isEqualTo(2);
                    assertThat(e.getMessage()).isEqualTo("Roles must alternate");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}{% endfor"
                        + " %}{% endfor %}",
                "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
                "{% set l = range(1000) %}{% for a in l %}{% for b in l %}{{ (l | map('string') | list)[0] |"
                        + " replace('0', '') }}{% endfor %}{% endfor %}",
            })
    void endlessRenderingEndsAtDeadline(String template) {
        JinjaTemplate parsed = JinjaTemplate.parse(template);
        assertLimit(
                () -> parsed.render(VARIABLES, new Limits(Duration.ofMillis(200), 1 << 20, 1L << 40, 1L << 40), CLOCK));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(1000) %}{{ 'x' * 10000 }}{% endfor %}",
                "{% set ns = namespace(t='xxxxxxxx') %}{% for i in range(40) %}{% set ns.t = ns.t ~ ns.t %}{% endfor"
                        + " %}",
                "{% set ns = namespace(t='xxxxxxxx') %}{% for i in range(40) %}{% set ns.t = ns.t.replace('x', 'xx')"
                        + " %}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = ns.l + ['x' * 1000000] %}{%"
                        + " endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{{ 'x' * 9000000000000000000 }}",
                "{{ range(100000) | join('xxxxxxxxxxxxxxxx') }}",
                "{% set ns = namespace(t=['xxxxxxxxxxx']) %}{% for i in range(40) %}{% set ns.t = [ns.t, ns.t] %}{%"
                        + " endfor %}{{ ns.t | tojson }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            })
    void hugeResultsEndAtSizeLimit(String template) {
        assertLimit(() -> render(template));
    }

    @Test
    void deepNestingIsRefused() {
        assertLimit(() -> JinjaTemplate.parse("{{ " + "(".repeat(200_000) + "1" + ")".repeat(200_000) + " }}"));
        assertLimit(() -> JinjaTemplate.parse("{% if 1 %}".repeat(200_000) + "{% endif %}".repeat(200_000)));
    }

    @Test
    void mutatedTemplatesAreRenderedOrRefused() {
        String seed = "{%- for m in list if m is not none -%}{{ m | string ~ '\\n"
                + "' }}{% if loop.last and not flag == 'x' %}{{ {'a': [1, 2.0]}['a'][::-1] | tojson }}{% else %}{#"
                + " c #}{{ text[1:] }}{% endif %}{% endfor %}{% set ns = namespace(a=1) %}{% set ns.a = ns.a + 1"
                + " %}{% macro f(x, y='z') %}{{ x }}{% endmacro %}{{ f(1) }}";
        Random random = new Random(20260214);
        int rendered = 0;
        for (int round = 0; round < 5000; round++) {
            StringBuilder mutant = new StringBuilder(seed);
            for (int edits = random.nextInt(1, 4); edits > 0; edits--) {
                int at = random.nextInt(mutant.length());
                switch (random.nextInt(3)) {
                    case 0 -> mutant.deleteCharAt(at);
                    case 1 -> mutant.insert(at, seed.charAt(random.nextInt(seed.length())));
                    default -> mutant.setCharAt(at, seed.charAt(random.nextInt(seed.length())));
                }
            }
            try {
                JinjaTemplate.parse(mutant.toString()).render(VARIABLES, GENEROUS, CLOCK);
                rendered++;
            } catch (TemplateException e) {
                assertThat(e.line()).as(mutant.toString()).isPositive();
            }
        }
        assertThat(rendered).isBetween(100, 4900);
    }

    @Test
    void interruptStopsRendering() {
        Thread.currentThread().interrupt();
        try {
            assertLimit(() -> render("{% for i in range(10) %}{{ i }}{% endfor %}"));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private static void assertLimit(Runnable work) {
        assertThatExceptionOfType(TemplateException.class).isThrownBy(work::run).satisfies(e -> assertThat(e.fault())
                .isEqualTo(Fault.LIMIT));
    }

    private static String render(String template) {
        return JinjaTemplate.parse(template).render(new HashMap<>(VARIABLES), GENEROUS, CLOCK);
    }
}
