package io.quern.ops;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quern.ServedDemo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that a live scrape has all metrics, labels and values that alerts, dashboard and autoscaler in deploy/ read.
 */
@QuarkusTest
@QuarkusTestResource(ServedDemo.class)
class DeployedMetricsTest {
    private static final Path DEPLOY = Path.of("deploy");

    /** A metric name of Quern, Micrometer or Quarkus, and the labels that the query selects. */
    private static final Pattern SELECTOR = Pattern.compile(
            "\\b((?:vllm:|quern_|jvm_|process_|system_|http_server_|vertx_)[a-z0-9_:]+)(?:\\{([^}]*)})?");

    private static final Pattern LABEL = Pattern.compile("(\\w+)=~?\"([\\w|-]*)\"");

    @TestHTTPResource(value = "/", management = true)
    URI management;

    private final List<String> samples = new ArrayList<>();

    @BeforeEach
    void scrape() {
        given().get(management.resolve("/q/metrics"))
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(samples::add);
    }

    @ParameterizedTest
    @ValueSource(strings = {"monitoring/rules.yml", "monitoring/grafana/dashboards/quern.json"})
    void queriedMetricsExist(String file) throws IOException {
        String text = Files.readString(DEPLOY.resolve(file)).replace("\\\"", "\"");
        List<MatchResult> selectors = SELECTOR.matcher(text).results().toList();
        assertThat(selectors).hasSizeGreaterThanOrEqualTo(10);
        for (MatchResult selector : selectors) {
            List<String> named = named(selector.group(1));
            assertThat(named).as(selector.group()).isNotEmpty();
            if (selector.group(2) != null) {
                LABEL.matcher(selector.group(2)).results().forEach(label -> hasEach(named, label));
            }
        }
    }

    @Test
    void adapterProvidesMetricsOfAutoscaler() throws IOException {
        String adapter = Files.readString(DEPLOY.resolve("monitoring/prometheus-adapter.yaml"));
        Pattern asked = Pattern.compile(first("__name__=~\"([^\"]+)\"", adapter));
        Pattern matches = Pattern.compile(first("matches: (\\S+)", adapter));
        List<String> made = samples.stream()
                .map(DeployedMetricsTest::name)
                .filter(asked.asPredicate())
                .map(name -> matches.matcher(name).replaceFirst(first("as: (\\S+)", adapter)))
                .toList();
        String autoscaler =
                Files.readString(DEPLOY.resolve("kubernetes/components/autoscaling/horizontalpodautoscaler.yaml"));
        List<String> read = Pattern.compile("metric:\\s+name: (\\S+)")
                .matcher(autoscaler)
                .results()
                .map(result -> result.group(1))
                .toList();
        assertThat(read).hasSize(2);
        assertThat(made).containsExactlyInAnyOrderElementsOf(read);
    }

    private static void hasEach(List<String> named, MatchResult label) {
        for (String value : label.group(2).split("\\|")) {
            assertThat(named)
                    .as(label.group())
                    .anyMatch(sample -> sample.contains(label.group(1) + "=\"" + value + "\""));
        }
    }

    /** Finds samples by name. A query may also use a histogram's base name. */
    private List<String> named(String name) {
        return samples.stream()
                .filter(sample -> name(sample).equals(name) || name(sample).equals(name + "_count"))
                .toList();
    }

    private static String name(String sample) {
        return sample.split("[{ ]", 2)[0];
    }

    private static String first(String regex, String text) {
        return Pattern.compile(regex)
                .matcher(text)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }
}
