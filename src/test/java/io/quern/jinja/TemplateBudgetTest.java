package io.quern.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import io.quern.jinja.TemplateException.Fault;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every operation of a template pays its cost in advance. The tests count steps and bytes, never seconds. */
class TemplateBudgetTest {
    private static final int LENGTH = 1 << 17;
    private static final int ELEMENTS = 100_000;
    private static final long STEPS = 1_000_000;
    private static final long BYTES = 64 << 20;
    private static final Duration LONG = Duration.ofMinutes(5);

    private static final Map<String, Object> VARIABLES = Map.of(
            "text", "a".repeat(LENGTH),
            "words", "ab ".repeat(LENGTH / 3),
            "control", "\u0001".repeat(LENGTH),
            "needle", "a".repeat(LENGTH / 2) + "b",
            "dot", "1." + "1".repeat(LENGTH),
            "list", List.of("b", "a"));

    /** Filters that pass on their argument, or look only at its type. */
    private static final Set<String> CONSTANT_TIME = Set.of(
            "d",
            "default",
            "safe",
            "string",
            "attr",
            "abs",
            "items",
            "dictsort",
            "round",
            "first",
            "sum",
            "format",
            "pprint");

    private static final Set<String> TESTS_CONSTANT_TIME = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "mapping",
            "sequence",
            "iterable",
            "number",
            "integer",
            "float",
            "boolean",
            "true",
            "false",
            "callable",
            "odd",
            "even",
            "divisibleby",
            "sameas");

    private static final List<String> METHODS = List.of(
            "strip()",
            "strip(needle)",
            "lstrip(needle)",
            "rstrip('ab')",
            "startswith(text)",
            "endswith(text)",
            "endswith((needle, text))",
            "removeprefix('a')",
            "removesuffix('a')",
            "split('a')",
            "split()",
            "split(needle)",
            "rsplit('b', 3)",
            "rsplit('a', 100000)",
            "splitlines()",
            "join(text)",
            "replace('a', '')",
            "replace('', 'a')",
            "replace(needle, 'x')",
            "format()",
            "upper()",
            "lower()",
            "title()",
            "capitalize()",
            "find('b')",
            "find(needle)",
            "rfind('b')",
            "rfind(needle)",
            "count('a')",
            "count(needle)",
            "isdigit()",
            "isalpha()",
            "isalnum()",
            "isspace()");

    static Stream<String> operations() {
        Stream<String> filters = new TreeSet<>(Filters.BY_NAME.keySet())
                .stream().filter(name -> !CONSTANT_TIME.contains(name)).map(name -> "text | " + name + argument(name));
        Stream<String> tests = new TreeSet<>(Tests.BY_NAME.keySet())
                .stream()
                        .filter(name -> !TESTS_CONSTANT_TIME.contains(name) && Character.isLetter(name.charAt(0)))
                        .map(name -> "text is " + name + " (text ~ '')");
        Stream<String> methods = METHODS.stream()
                // they stop at the first letter, and text begins with one
                .map(method -> (Set.of("isdigit()", "isspace()").contains(method) ? "words." : "text.") + method);
        return Stream.of(
                        filters,
                        tests,
                        methods,
                        Stream.of(
                                "text + text",
                                "text ~ text",
                                "text * 2",
                                "needle in text",
                                "'b' not in text",
                                "text == text ~ ''",
                                "text < text ~ 'a'",
                                "text[1:]",
                                "text[::-1]",
                                "text[5]",
                                "text[-1:]",
                                "[control] | string",
                                "{text: 1}",
                                "{'a': 1}[text]",
                                "control | tojson",
                                "words | title",
                                "words | indent",
                                "dot | float",
                                "'{}'.format(text)",
                                "range(100000) | list | sort",
                                "range(100000) | map('string') | join",
                                "range(100000) | sum",
                                "range(100000) | unique | list",
                                "range(100000) | select('odd') | list",
                                "range(100000) | reverse",
                                "range(100000) | list + range(100000) | list",
                                "-7 in range(100000) | map('float')",
                                "(range(100000) | list)[::2]",
                                "strftime_now(text)",
                                "dict(a=text | list)",
                                "namespace(a=[text, text] | tojson).a",
                                "list | map(attribute=text | replace('a', 'a.'))"))
                .flatMap(all -> all);
    }

    private static String argument(String filter) {
        return switch (filter) {
            case "replace" -> "('a', 'b')";
            case "map" -> "('upper') | list";
            case "selectattr", "rejectattr" -> "('a') | list";
            case "select", "reject", "unique" -> " | list";
            case "batch", "slice" -> "(2) | list";
            case "groupby" -> "(0)";
            default -> "";
        };
    }

    /** An operation on a large value costs at least one visit of each character or element. */
    @ParameterizedTest
    @MethodSource("operations")
    void operationsOnLargeValuesAreChargedFor(String operation) {
        Budget budget = budget();
        long allocated = allocatedBy(() -> {
            try {
                // inside a list, so that the result is not written
                render("{% set x = [" + operation + "] %}", budget);
            } catch (TemplateException e) {
                // some operations do not accept such values
                assertThat(e.fault()).isIn(Fault.LIMIT, Fault.TEMPLATE);
            }
        });
        int least = operation.contains("range(") ? ELEMENTS / 2 : LENGTH / Budget.CHARACTERS_PER_STEP / 2;
        assertThat(budget.steps()).as("steps of " + operation).isGreaterThanOrEqualTo(least);
        assertThat(allocated)
                .as("bytes allocated by " + operation + ", charged: " + budget.bytes())
                .isLessThan(4 * budget.bytes() + (48L << 20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ text.strip(needle) }}",
                "{% for i in range(100000) %}{{ text[i] }}{% endfor %}",
                "{% for i in range(100000) %}{% set x = text | length %}{% endfor %}",
                "{% for i in range(100000) %}{% if text is lower %}{% endif %}{% endfor %}",
                "{% for i in range(100000) %}{% if i in range(1000) | list %}{% endif %}{% endfor %}",
                "{% for a in range(2000) %}{% for b in range(2000) %}{{ 1 + 1 }}{% endfor %}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{"
                        + " ns.l }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{"
                        + " ns.l == ns.l ~ '' }}",
                "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}"
                        + "{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
                "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}"
                        + "{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l in [ns.m] }}",
                "{% set ns = namespace(t=()) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{"
                        + " {ns.t: 1} }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = ns.l + [text | upper] %}{%"
                        + " endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = ns.l + [text[1:]] %}{% endfor"
                        + " %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = ns.l + [text | list] %}{%"
                        + " endfor %}",
                "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
            })
    void maliciousTemplatesEndAtALimit(String template) {
        Budget budget = budget();
        long allocated = allocatedBy(() -> assertThatExceptionOfType(TemplateException.class)
                .isThrownBy(() -> render(template, budget))
                .satisfies(e -> assertThat(e.fault()).isEqualTo(Fault.LIMIT))
                .satisfies(e -> assertThat(e.limit()).isPresent()));
        assertThat(budget.steps()).isLessThan(2 * STEPS);
        assertThat(allocated)
                .as("each iteration of a loop allocates names that are garbage afterwards")
                .isLessThan(4 * BYTES + STEPS * 500);
    }

    /** The JDK's searches would take hours for these texts. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ needle in text }}",
                "{{ text.replace(needle, '') }}",
                "{{ text.split(needle) }}",
                "{{ text.rfind('b' ~ needle[1:]) }}{{ text.rfind('a' ~ needle) }}",
            })
    void searchesTakeLinearTime(String template) {
        Budget budget = budget();
        render(template, budget);
        assertThat(budget.steps()).isBetween((long) LENGTH / Budget.CHARACTERS_PER_STEP, 8L * LENGTH);
    }

    @Test
    void costIsTheSameEachTime() {
        String template =
                "{% for w in words.split() %}{{ w | upper ~ loop.index }}{% endfor %}{{ text.find(needle[9:]) }}";
        Budget first = new Budget(new Limits(LONG, 1 << 24, 1L << 40, 1L << 40));
        Budget second = new Budget(new Limits(LONG, 1 << 24, 1L << 40, 1L << 40));
        render("{% set needle = 'ab' ~ words %}" + template, first);
        render("{% set needle = 'ab' ~ words %}" + template, second);
        assertThat(second.steps()).isEqualTo(first.steps()).isPositive();
        assertThat(second.bytes()).isEqualTo(first.bytes()).isPositive();
    }

    @Test
    void listIsRefusedAsKeyOfDict() {
        for (String template : List.of("{{ {[1]: 2} }}", "{{ [1] in {} }}", "{{ [[1]] | unique | list }}")) {
            assertThatExceptionOfType(TemplateException.class)
                    .isThrownBy(() -> render(template, budget()))
                    .withMessageContaining("cannot be a key");
        }
    }

    @Test
    void searchesFindTheSameAsTheJdk() {
        Random random = new Random(15);
        Budget budget = new Budget(new Limits(LONG, 1 << 24, 1L << 40, 1L << 40));
        for (int round = 0; round < 20_000; round++) {
            String text = random(random, random.nextInt(3) == 0 ? 5000 : 60);
            int begin = random.nextInt(text.length() + 1);
            String part = random.nextBoolean()
                    ? text.substring(begin, Math.min(text.length(), begin + random.nextInt(40)))
                    : random(random, 20);
            int from = random.nextInt(text.length() + 1);
            assertThat(Search.first(text, part, from, budget)).isEqualTo(text.indexOf(part, from));
            assertThat(Search.last(text, part, budget)).isEqualTo(text.lastIndexOf(part));
        }
    }

    private static String random(Random random, int most) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(most); i > 0; i--) {
            text.append(random.nextInt(20) == 0 ? 'b' : 'a');
        }
        return text.toString();
    }

    private static long allocatedBy(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private static Budget budget() {
        return new Budget(new Limits(LONG, 1 << 22, STEPS, BYTES));
    }

    private static String render(String template, Budget budget) {
        return JinjaTemplate.parse(template).render(VARIABLES, budget, Clock.systemUTC());
    }
}
