package io.quern.policy;

import static io.quern.policy.StartMethod.FORK;
import static io.quern.policy.StartMethod.FORKSERVER;
import static io.quern.policy.StartMethod.INLINE;
import static io.quern.policy.StartMethod.SPAWN;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.quern.device.ComputeDevice;
import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.Vendor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StartMethodPolicyTest {
    private static final String FORK_COMMAND = "QUERN_WORKER_START_METHOD=fork /q/quern-launcher -- java -jar a.jar";

    /** Deviations from a healthy Linux host. */
    private enum Fact {
        NO_LAUNCHER,
        ENTRY_POINT,
        DEVICE_IN_LAUNCHER,
        THREADS_IN_LAUNCHER,
        WSL,
        NUMA_BINDING,
        NATIVE_EXECUTABLE,
        LLAMA_ON_PROCESSOR,
        PROBE_FAILED
    }

    /**
     * One input of the policy.
     *
     * @param vendor the vendor of a present accelerator, or null
     * @param ignored further settings that ask for a method
     */
    private record Case(
            String requested,
            String os,
            Vendor vendor,
            Set<Fact> facts,
            String insideWorker,
            String engineDevice,
            List<String> ignored) {

        static final Case FINE = new Case("auto", "linux", null, Set.of(), "", "", List.of());

        Case asking(String method) {
            return new Case(method, os, vendor, facts, insideWorker, engineDevice, ignored);
        }

        Case on(String otherOs) {
            return new Case(requested, otherOs, vendor, facts, insideWorker, engineDevice, ignored);
        }

        Case with(Vendor accelerator) {
            return new Case(requested, os, accelerator, facts, insideWorker, engineDevice, ignored);
        }

        Case with(Fact... further) {
            Set<Fact> all = new HashSet<>(facts);
            all.addAll(List.of(further));
            return new Case(requested, os, vendor, all, insideWorker, engineDevice, ignored);
        }

        Case insideWorker(String worker) {
            return new Case(requested, os, vendor, facts, worker, engineDevice, ignored);
        }

        Case whoseEngineUses(String device) {
            return new Case(requested, os, vendor, facts, insideWorker, device, ignored);
        }

        Case beside(String another) {
            return new Case(requested, os, vendor, facts, insideWorker, engineDevice, List.of(another));
        }

        boolean is(Fact fact) {
            return facts.contains(fact);
        }

        Decision decide() {
            boolean probed = !is(Fact.PROBE_FAILED);
            return StartMethodPolicy.decide(
                    new StartMethodConfig(
                            requested,
                            requested.equals("auto") ? "" : "quern.worker.start-method",
                            ignored,
                            is(Fact.NUMA_BINDING)),
                    host(os, List.of(0), is(Fact.WSL), List.of()),
                    new DeviceReport(
                            probed,
                            vendor == null ? List.of() : List.of(device(vendor, true)),
                            is(Fact.LLAMA_ON_PROCESSOR)
                                    ? List.of(new ComputeDevice("CPU", "", "cpu", 0, 0))
                                    : List.of(),
                            Map.of(),
                            probed ? List.of() : List.of("it crashed")),
                    new ProcessFacts(
                            !is(Fact.NO_LAUNCHER),
                            "",
                            is(Fact.ENTRY_POINT),
                            is(Fact.THREADS_IN_LAUNCHER) ? 3 : 1,
                            is(Fact.DEVICE_IN_LAUNCHER) ? "/dev/nvidia0" : "",
                            engineDevice,
                            is(Fact.NATIVE_EXECUTABLE),
                            "",
                            FORK_COMMAND,
                            insideWorker));
        }

        /** States again, without the rules, when forking is safe and possible. */
        boolean forkable() {
            boolean driverSurvives = vendor != Vendor.XPU && vendor != Vendor.GAUDI || is(Fact.LLAMA_ON_PROCESSOR);
            Set<Fact> unsafe = Set.of(
                    Fact.NO_LAUNCHER, Fact.DEVICE_IN_LAUNCHER, Fact.THREADS_IN_LAUNCHER, Fact.WSL, Fact.NUMA_BINDING);
            return os.equals("linux") && driverSurvives && Collections.disjoint(facts, unsafe);
        }
    }

    private static Device device(Vendor vendor, boolean visible) {
        return new Device(vendor, "id", "", 0, 0, "", "", false, visible, "test");
    }

    /** One case for each rule, that is for each row of the table in docs/internals/start-methods.md. */
    static Stream<Arguments> rows() {
        Case fine = Case.FINE;
        return Stream.of(
                Arguments.of("not-linux", fine.asking("forkserver").on("mac"), SPAWN, "this is mac"),
                Arguments.of("not-linux", fine.asking("fork").on("windows"), SPAWN, "this is windows"),
                Arguments.of(
                        "no-launcher", fine.asking("forkserver").with(Fact.NO_LAUNCHER), SPAWN, "without a C compiler"),
                Arguments.of(
                        "device-initialised",
                        fine.asking("fork").with(Vendor.NVIDIA).with(Fact.ENTRY_POINT, Fact.DEVICE_IN_LAUNCHER),
                        SPAWN,
                        "/dev/nvidia0"),
                Arguments.of(
                        "launcher-threads",
                        fine.asking("fork").with(Fact.ENTRY_POINT, Fact.THREADS_IN_LAUNCHER),
                        SPAWN,
                        "3 threads"),
                Arguments.of("xpu", fine.asking("forkserver").with(Vendor.XPU), SPAWN, "Intel GPU"),
                Arguments.of("gaudi", fine.asking("forkserver").with(Vendor.GAUDI), SPAWN, "Gaudi"),
                Arguments.of("wsl", fine.asking("forkserver").with(Fact.WSL), SPAWN, "Windows Subsystem"),
                Arguments.of("numa-binding", fine.asking("inline").with(Fact.NUMA_BINDING), SPAWN, "NUMA"),
                Arguments.of(
                        "no-entry-point",
                        fine.asking("fork"),
                        FORKSERVER,
                        "the launcher is not this engine's parent; to make it so, start the engine with "
                                + FORK_COMMAND),
                Arguments.of(
                        "native-executable",
                        fine.asking("inline").with(Fact.NATIVE_EXECUTABLE),
                        SPAWN,
                        "native executable"),
                Arguments.of("explicit", fine.asking("inline"), INLINE, "asks for inline"),
                Arguments.of("explicit", fine.asking("fork").with(Fact.ENTRY_POINT), FORK, "asks for fork"),
                Arguments.of(
                        "explicit", fine.asking("forkserver").with(Vendor.NVIDIA), FORKSERVER, "asks for forkserver"),
                Arguments.of("auto-accelerator", fine.with(Vendor.NVIDIA), SPAWN, "accelerator (nvidia id)"),
                Arguments.of("auto-accelerator", fine.with(Vendor.AMD), SPAWN, "accelerator (amd id)"),
                Arguments.of("auto-forkserver", fine, FORKSERVER, "forking them with the model loaded"),
                Arguments.of(
                        "auto-forkserver",
                        fine.with(Vendor.XPU).with(Fact.LLAMA_ON_PROCESSOR),
                        FORKSERVER,
                        "on the CPU"),
                Arguments.of("auto-spawn", fine.on("mac"), SPAWN, "works everywhere"),
                Arguments.of("several-names", fine.asking("spawn").beside("X asks for fork"), SPAWN, "X asks for fork"),
                Arguments.of(
                        "inline-device",
                        fine.asking("inline").whoseEngineUses("/usr/lib/libcuda.so.1"),
                        INLINE,
                        "libcuda"),
                Arguments.of("probe-problems", fine.with(Fact.PROBE_FAILED), FORKSERVER, "it crashed"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("rows")
    void ruleReportsItsFindingAndDecidesTheMethod(String id, Case given, StartMethod method, String message) {
        Decision decision = given.decide();
        assertThat(decision.method()).isEqualTo(method);
        Decision.Rule rule = decision.rules().stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError(id + " did not fire: " + decision.rules()));
        assertThat(rule.message()).contains(message);
    }

    @Test
    void everyRuleHasARow() {
        Set<String> rows = new HashSet<>();
        rows().forEach(row -> rows.add((String) row.get()[0]));
        assertThat(rules().map(PolicyRule::id).toList())
                .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                rows.stream(),
                                Stream.of(
                                        "inside-worker",
                                        "no-numa-nodes",
                                        "several-models",
                                        "one-model-only",
                                        "launcher-not-executable",
                                        "devices-unused",
                                        "devices-inline"))
                        .toList());
    }

    @Test
    void engineInsideAWorkerDoesNotBoot() {
        Case inside = Case.FINE.insideWorker("3");
        assertThatThrownBy(inside::decide)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("within worker 3")
                .hasMessageContaining("docs/troubleshooting/start-methods.md#started-within-a-worker");
    }

    @Test
    void engineDoesNotBootIfBindingIsImpossible() {
        Case bound = Case.FINE.with(Fact.NUMA_BINDING);
        assertThatThrownBy(bound.on("mac")::decide)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "workers cannot be bound to NUMA nodes (quern.worker.numa-binding): binding works on Linux only,"
                                + " and this is mac (docs/troubleshooting/start-methods.md#numa-binding)");
        assertThatThrownBy(() -> StartMethodPolicy.decide(
                        new StartMethodConfig("auto", "", List.of(), true),
                        host("linux", List.of(), false, List.of()),
                        DeviceReport.none(),
                        new ProcessFacts(true, "", false, 1, "", "", false, "", FORK_COMMAND, "")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the kernel reports none");
    }

    @Test
    void autoWithNumaBindingSpawnsWorkers() {
        Decision decision = Case.FINE.with(Fact.NUMA_BINDING).decide();
        assertThat(decision.method()).isEqualTo(SPAWN);
        assertThat(decision.rules()).extracting(Decision.Rule::id).containsExactly("numa-binding", "auto-spawn");
    }

    @Test
    void noInputLeadsToAnUnsafeMethod() {
        int cases = 0;
        for (Case one : all()) {
            cases++;
            if (one.is(Fact.NUMA_BINDING) && !one.os().equals("linux")) {
                assertThatThrownBy(one::decide).isInstanceOf(IllegalStateException.class);
                continue;
            }
            Decision decision = one.decide();
            boolean forkable = one.forkable();
            boolean asked = !one.requested().equals("auto");
            switch (decision.method()) {
                case FORKSERVER -> assertThat(forkable).as("%s", one).isTrue();
                case FORK ->
                    assertThat(forkable
                                    && one.is(Fact.ENTRY_POINT)
                                    && one.requested().equals("fork"))
                            .as("%s", one)
                            .isTrue();
                case INLINE ->
                    assertThat(one.requested().equals("inline")
                                    && !one.is(Fact.NUMA_BINDING)
                                    && !one.is(Fact.NATIVE_EXECUTABLE))
                            .as("%s", one)
                            .isTrue();
                case SPAWN -> {
                    // a method that is requested and safe must be used
                    boolean wanted = one.requested().equals("spawn")
                            || one.requested().equals("auto")
                                    && (one.vendor() != null && !one.is(Fact.LLAMA_ON_PROCESSOR));
                    assertThat(wanted || !forkable || one.requested().equals("inline"))
                            .as("%s", one)
                            .isTrue();
                }
            }
            boolean asRequested = decision.method().toString().equals(one.requested());
            assertThat(decision.warnings().isEmpty())
                    .as("%s: %s", one, decision.warnings())
                    .isEqualTo(!asked || asRequested);
            assertThat(decision.rejected())
                    .as("%s", one)
                    .extracting(Decision.Rejection::method)
                    .doesNotContain(decision.method())
                    .hasSize(StartMethod.values().length - 1);
            assertThat(decision.rejected())
                    .allSatisfy(r -> assertThat(r.reason()).isNotBlank());
            assertThat(decision.rules()).isNotEmpty();
        }
        assertThat(cases).isEqualTo(5 * 3 * 5 * 2 * 128);
    }

    private static List<Case> all() {
        List<Fact> facts = List.of(Fact.values()).subList(0, Fact.PROBE_FAILED.ordinal());
        List<Case> all = new ArrayList<>();
        List<Vendor> vendors = new ArrayList<>(List.of(Vendor.values()));
        vendors.add(null);
        for (String requested : List.of("auto", "spawn", "fork", "forkserver", "inline")) {
            for (String os : List.of("linux", "mac", "windows")) {
                for (Vendor vendor : vendors) {
                    for (int bits = 0; bits < 1 << facts.size(); bits++) {
                        int chosen = bits;
                        Fact[] some = facts.stream()
                                .filter(fact -> (chosen >> fact.ordinal() & 1) != 0)
                                .toArray(Fact[]::new);
                        all.add(Case.FINE.asking(requested).on(os).with(vendor).with(some));
                    }
                }
            }
        }
        return all;
    }

    @Test
    void hiddenDeviceDoesNotCount() {
        Decision decision = StartMethodPolicy.decide(
                new StartMethodConfig("auto", "", List.of(), false),
                host("linux", List.of(0), false, List.of("/dev/nvidia0")),
                new DeviceReport(
                        true,
                        List.of(device(Vendor.NVIDIA, false)),
                        List.of(),
                        Map.of("CUDA_VISIBLE_DEVICES", ""),
                        List.of()),
                new ProcessFacts(true, "", false, 1, "", "", false, "", FORK_COMMAND, ""));
        assertThat(decision.method()).isEqualTo(FORKSERVER);
    }

    @Test
    void ineffectiveDeviceRestrictionCausesAWarning() {
        assertThat(restrictedTo(List.of("0", "1"), "auto", List.of()).warnings())
                .singleElement(as(STRING))
                .contains("quern.worker.devices (0, 1) has no effect", "no accelerator");
        assertThat(restrictedTo(List.of("0"), "inline", List.of(device(Vendor.NVIDIA, true)))
                        .warnings())
                .singleElement(as(STRING))
                .contains("has no effect on an inline worker");
        assertThat(restrictedTo(List.of("0"), "auto", List.of(device(Vendor.NVIDIA, true)))
                        .warnings())
                .isEmpty();
        assertThat(restrictedTo(List.of(), "auto", List.of()).warnings()).isEmpty();
    }

    private static Decision restrictedTo(List<String> only, String method, List<Device> devices) {
        return StartMethodPolicy.decide(
                new StartMethodConfig(method, "a test", List.of(), false, only),
                host("linux", List.of(0), false, List.of()),
                new DeviceReport(true, devices, List.of(), Map.of(), List.of()),
                new ProcessFacts(true, "", false, 1, "", "", false, "", FORK_COMMAND, ""));
    }

    @Test
    void warningNamesCauseReplacementAndDocs() {
        Decision decision = Case.FINE
                .asking("fork")
                .with(Vendor.NVIDIA)
                .with(Fact.ENTRY_POINT, Fact.DEVICE_IN_LAUNCHER)
                .decide();
        assertThat(decision.warnings())
                .containsExactly("start method fork is not possible: the launcher already uses a device"
                        + " (/dev/nvidia0), and a driver's state is not valid in a forked process; the engine starts workers"
                        + " by spawn instead (docs/troubleshooting/start-methods.md#device-initialised)");
    }

    @Test
    void everySectionThatAWarningNamesExists() throws Exception {
        String page = Files.readString(Path.of("docs/troubleshooting/start-methods.md"));
        assertThat(rules().map(PolicyRule::page).filter(name -> !name.isEmpty()))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(page).contains("<a id=\"" + name + "\"></a>"));
    }

    @Test
    void tableInTheDocsEqualsTheRules() throws Exception {
        Path file = Path.of("docs/internals/start-methods.md");
        String page = Files.readString(file);
        String begin = "<!-- rules: begin -->\n";
        String end = "<!-- rules: end -->";
        String table = page.substring(page.indexOf(begin) + begin.length(), page.indexOf(end));
        assertThat(table).as("the table should be\n%s", table()).isEqualTo(table());
    }

    private static String table() {
        StringBuilder table = new StringBuilder("| rule | condition | what follows |\n|---|---|---|\n");
        rules().forEach(rule -> table.append("| `%s` | %s | %s |%n".formatted(rule.id(), rule.when(), effect(rule))));
        return table.toString();
    }

    private static String effect(PolicyRule rule) {
        String methods = String.join(
                ", ",
                rule.methods().stream().sorted().map(StartMethod::toString).toList());
        if (PolicyRule.REFUSING.contains(rule)) {
            return "the engine does not boot";
        }
        if (PolicyRule.RULING_OUT.contains(rule)) {
            return "not " + methods;
        }
        return PolicyRule.WARNING.contains(rule) ? "a warning" : rule.methods().size() > 1 ? "that one" : methods;
    }

    private static Stream<PolicyRule> rules() {
        return Stream.of(PolicyRule.REFUSING, PolicyRule.RULING_OUT, PolicyRule.CHOOSING, PolicyRule.WARNING)
                .flatMap(List::stream);
    }

    private static HostFacts host(String os, List<Integer> numaNodes, boolean wsl, List<String> acceleratorNodes) {
        return new HostFacts(os, "amd64", "glibc", 2, 1L << 30, numaNodes, wsl, "", acceleratorNodes, 2, false, false);
    }

    @Test
    void launcherNotExecutableRulesOutForkserver() {
        ProcessFacts noexec = new ProcessFacts(
                true,
                "/data/l is on a file system mounted noexec (/data)",
                true,
                1,
                "",
                "",
                false,
                "",
                FORK_COMMAND,
                "");
        Decision auto = StartMethodPolicy.decide(
                new StartMethodConfig("auto", "", List.of(), false),
                host("linux", List.of(0), false, List.of()),
                DeviceReport.none(),
                noexec);
        assertThat(auto.method()).isEqualTo(SPAWN);
        assertThat(auto.rules()).extracting(Decision.Rule::id).containsExactly("launcher-not-executable", "auto-spawn");
        Decision asked = StartMethodPolicy.decide(
                new StartMethodConfig("forkserver", "quern.worker.start-method", List.of(), false),
                host("linux", List.of(0), false, List.of()),
                DeviceReport.none(),
                noexec);
        assertThat(asked.method()).isEqualTo(SPAWN);
        assertThat(asked.warnings()).singleElement().asString().contains("mounted noexec (/data)");
        // the entry point already runs, wherever its file is
        Decision fork = StartMethodPolicy.decide(
                new StartMethodConfig("fork", "quern.worker.start-method", List.of(), false),
                host("linux", List.of(0), false, List.of()),
                DeviceReport.none(),
                noexec);
        assertThat(fork.method()).isEqualTo(FORK);
    }
}
