package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Workers give the same answers whatever the start method is and whatever the engine has inherited. */
@EnabledOnOs(OS.LINUX)
class StartMethodsIT {
    private static final List<String> QUESTIONS = List.of(
            "What is a fork server?", "Tell me about Quern.", "What is a token?", "Which start methods are there?");

    @TempDir
    Path home;

    @Test
    void greedyAnswersMatchAcrossMethodsAndEnvironments() throws Exception {
        assumeTrue(EngineProcess.hasLauncher(), "skipped: this build has no launcher, because it lacked a C compiler");
        Map<String, List<String>> answers = new LinkedHashMap<>();
        for (String method : PackagedEngine.methods()) {
            answers.put(method + ", rich environment", answers(method, environmentToIgnore(), true));
            answers.put(method + ", bare environment", answers(method, Map.of(), false));
        }
        List<String> expected = answers.values().iterator().next();
        assertThat(expected).hasSameSizeAs(QUESTIONS).allSatisfy(answer -> assertThat(answer)
                .contains("\"finish_reason\""));
        assertThat(answers).allSatisfy((how, given) -> assertThat(given).as(how).isEqualTo(expected));
    }

    /** Returns variables that must not reach a worker, such as secrets and settings that would harm it. */
    private static Map<String, String> environmentToIgnore() {
        return Map.of(
                "QUERN_OPENAI_API_KEYS", "a-secret",
                "QUARKUS_BANNER_ENABLED", "false",
                "JAVA_TOOL_OPTIONS", "-Dinherited=true",
                "CLASSPATH", "/nowhere",
                "OMP_NUM_THREADS", "7",
                "LANG", "tr_TR.UTF-8");
    }

    private List<String> answers(String method, Map<String, String> environment, boolean inherit) throws IOException {
        Map<String, String> variables = new HashMap<>(environment);
        variables.put("QUERN_HOME", home.toString());
        variables.put("QUERN_WORKER_START_METHOD", method);
        List<String> prefix = method.equals("fork") ? EngineProcess.launcherPrefix() : List.of();
        try (EngineProcess engine = EngineProcess.launch(prefix, variables, inherit)) {
            engine.awaitReady();
            assertThat(engine.json("/q/quern/decision").get("method").asText()).isEqualTo(method);
            for (long worker : engine.workerPids()) {
                checkEnvironment(worker);
            }
            List<String> answers = new ArrayList<>();
            for (String question : QUESTIONS) {
                var answer = engine.send(engine.jsonPost("/v1/chat/completions", """
                                {"model": "demo", "temperature": 0, "messages": [{"role": "user", "content": "%s"}]}""".formatted(question))
                        .header("authorization", "Bearer a-secret")
                        .build());
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                answers.add(answer.body().replaceAll("\"(id|created)\":[^,]*,", ""));
            }
            return answers;
        }
    }

    private static void checkEnvironment(long worker) throws IOException {
        Path proc = Path.of("/proc", Long.toString(worker));
        List<String> variables =
                Stream.of(Files.readString(proc.resolve("environ")).split("\0")).toList();
        assertThat(variables).noneMatch(one -> one.matches("(QUERN_OPENAI|QUARKUS_|JAVA_TOOL_OPTIONS|CLASSPATH).*"));
        // The kernel shows the original place of a process's variables; a forked worker has its own elsewhere.
        boolean forked = variables.stream().allMatch(String::isEmpty);
        if (!forked) {
            assertThat(variables).contains("QUERN_INSIDE_WORKER=0", "OMP_NUM_THREADS=1");
        }
    }
}
