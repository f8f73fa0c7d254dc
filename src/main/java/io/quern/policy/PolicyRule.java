package io.quern.policy;

import static io.quern.policy.StartMethod.FORK;
import static io.quern.policy.StartMethod.FORKSERVER;
import static io.quern.policy.StartMethod.INLINE;
import static io.quern.policy.StartMethod.SPAWN;

import io.quern.device.Vendor;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One rule of the policy. The table in docs/internals/start-methods.md is generated from these rules.
 *
 * @param id name of the rule in decisions and logs
 * @param methods start methods that the rule rules out, chooses or warns about
 * @param when the condition in words
 * @param applies the condition
 * @param message states what was found, if the rule applies
 * @param page the section of docs/troubleshooting/start-methods.md about the rule, or empty if there is nothing to fix
 */
record PolicyRule(
        String id,
        Set<StartMethod> methods,
        String when,
        Predicate<PolicyInputs> applies,
        Function<PolicyInputs, String> message,
        String page) {

    /** If one of these applies, the engine does not boot. */
    static final List<PolicyRule> REFUSING = List.of(
            new PolicyRule(
                    "inside-worker",
                    Set.of(),
                    "the engine was started inside a worker process",
                    in -> !in.process().insideWorker().isEmpty(),
                    in -> "this engine was started within worker "
                            + in.process().insideWorker()
                            + " of another engine (QUERN_INSIDE_WORKER is set), so engines and workers would start"
                            + " each other endlessly",
                    "started-within-a-worker"),
            new PolicyRule(
                    "no-numa-nodes",
                    Set.of(),
                    "`quern.worker.numa-binding` is set, but the host is not Linux or its kernel reports no NUMA nodes",
                    in -> in.config().numaBinding()
                            && (!in.host().os().equals("linux")
                                    || in.host().numaNodes().isEmpty()),
                    in -> "workers cannot be bound to NUMA nodes (quern.worker.numa-binding): "
                            + (in.host().os().equals("linux")
                                    ? "the kernel reports none with processors and memory that this process may use"
                                    : "binding works on Linux only, and this is "
                                            + in.host().os()),
                    "numa-binding"),
            new PolicyRule(
                    "several-models",
                    Set.of(),
                    "`fork` or `inline` is requested, and there are several models",
                    in -> in.config().models() > 1
                            && in.config()
                                    .method()
                                    .filter(method -> method == FORK || method == INLINE)
                                    .isPresent(),
                    in -> in.config().source() + " asks for " + in.config().requested()
                            + ", which serves one model only, but there are "
                            + in.config().models() + " models; use forkserver or spawn",
                    "several-models"));

    /**
     * If one of these applies, its methods are unsafe or unavailable. The first that applies to a method gives the
     * reason.
     */
    static final List<PolicyRule> RULING_OUT = List.of(
            new PolicyRule(
                    "not-linux",
                    Set.of(FORK, FORKSERVER),
                    "the operating system is not Linux",
                    in -> !in.host().os().equals("linux"),
                    in -> "forking with a model loaded works on Linux only, and this is "
                            + in.host().os(),
                    "not-possible"),
            new PolicyRule(
                    "no-launcher",
                    Set.of(FORK, FORKSERVER),
                    "this build has no native launcher for the platform",
                    in -> !in.process().launcher(),
                    in -> "this build has no native launcher for this platform: it was built without a C compiler",
                    "not-possible"),
            new PolicyRule(
                    "launcher-not-executable",
                    Set.of(FORKSERVER),
                    "the launcher cannot be executed, for example because its file system is mounted noexec",
                    in -> !in.process().launcherProblem().isEmpty(),
                    in -> "the launcher cannot be run: " + in.process().launcherProblem(),
                    "not-executable"),
            new PolicyRule(
                    "device-initialised",
                    Set.of(FORK, FORKSERVER),
                    "the launcher has a device open or a driver mapped",
                    in -> !in.process().launcherDevice().isEmpty(),
                    in -> "the launcher already uses a device (" + in.process().launcherDevice()
                            + "), and a driver's state is not valid in a forked process",
                    "device-initialised"),
            new PolicyRule(
                    "launcher-threads",
                    Set.of(FORK, FORKSERVER),
                    "the launcher has more than one thread",
                    in -> in.process().launcherThreads() > 1,
                    in -> "the launcher has "
                            + in.process().launcherThreads()
                            + " threads, and a lock that another thread holds stays locked forever in a forked process",
                    "launcher-threads"),
            new PolicyRule(
                    "xpu",
                    Set.of(FORK, FORKSERVER),
                    "workers compute on an Intel GPU (XPU)",
                    in -> in.accelerator(Vendor.XPU).isPresent(),
                    in -> "there is an Intel GPU ("
                            + PolicyInputs.name(in.accelerator(Vendor.XPU).orElseThrow())
                            + "), whose driver does not survive a fork",
                    "xpu-and-gaudi"),
            new PolicyRule(
                    "gaudi",
                    Set.of(FORK, FORKSERVER),
                    "workers compute on a Gaudi accelerator",
                    in -> in.accelerator(Vendor.GAUDI).isPresent(),
                    in -> "there is a Gaudi accelerator ("
                            + PolicyInputs.name(in.accelerator(Vendor.GAUDI).orElseThrow())
                            + "), whose driver does not survive a fork",
                    "xpu-and-gaudi"),
            new PolicyRule(
                    "wsl",
                    Set.of(FORK, FORKSERVER),
                    "the host is the Windows Subsystem for Linux",
                    in -> in.host().wsl(),
                    in -> "this is the Windows Subsystem for Linux, whose drivers do not survive a fork",
                    "wsl"),
            new PolicyRule(
                    "numa-binding",
                    Set.of(FORK, FORKSERVER, INLINE),
                    "`quern.worker.numa-binding` is set",
                    in -> in.config().numaBinding(),
                    in -> "workers are bound to NUMA nodes (quern.worker.numa-binding), but memory that a forked worker"
                            + " shares is on its parent's node",
                    "numa-binding"),
            new PolicyRule(
                    "no-entry-point",
                    Set.of(FORK),
                    "the engine has no entry point: the launcher is not its parent",
                    in -> !in.process().entryPoint(),
                    in -> "the launcher is not this engine's parent; to make it so, start the engine with "
                            + in.process().forkCommand(),
                    "no-entry-point"),
            new PolicyRule(
                    "one-model-only",
                    Set.of(FORK, INLINE),
                    "there are several models",
                    in -> in.config().models() > 1,
                    in -> "this method serves one model only, and there are "
                            + in.config().models(),
                    "several-models"),
            new PolicyRule(
                    "native-executable",
                    Set.of(INLINE),
                    "the engine is a native executable",
                    in -> in.process().nativeExecutable(),
                    in -> "a native executable does not contain the classes of a worker",
                    "not-possible"));

    /** Applies when everything else is ruled out. */
    static final PolicyRule LAST_RESORT = new PolicyRule(
            "auto-spawn",
            Set.of(SPAWN),
            "every other method is ruled out",
            in -> true,
            in -> "spawn works everywhere",
            "");

    /** The first of these that applies decides. */
    static final List<PolicyRule> CHOOSING = List.of(
            new PolicyRule(
                    "explicit",
                    Set.of(SPAWN, FORK, FORKSERVER, INLINE),
                    "a method is requested and not ruled out",
                    in -> in.config().method().isPresent(),
                    in -> in.config().source() + " asks for " + in.config().requested(),
                    ""),
            new PolicyRule(
                    "auto-accelerator",
                    Set.of(SPAWN),
                    "workers compute on an accelerator",
                    in -> !in.accelerators().isEmpty(),
                    in -> "workers compute on an accelerator ("
                            + PolicyInputs.name(in.accelerators().getFirst())
                            + "): forked workers could not share its memory, and spawn works with every driver",
                    ""),
            new PolicyRule(
                    "auto-forkserver",
                    Set.of(FORKSERVER),
                    "workers compute on the CPU, and forkserver is not ruled out",
                    in -> in.accelerators().isEmpty(),
                    in ->
                            "workers compute on the CPU: forking them with the model loaded starts them faster and shares its"
                                    + " memory",
                    ""),
            LAST_RESORT);

    /** If one of these applies, the engine warns the operator. */
    static final List<PolicyRule> WARNING = List.of(
            new PolicyRule(
                    "several-names",
                    Set.of(),
                    "several settings ask for different methods, or one names an unknown method",
                    in -> !in.config().ignored().isEmpty(),
                    in -> String.join("; ", in.config().ignored()),
                    "several-names"),
            new PolicyRule(
                    "inline-device",
                    Set.of(INLINE),
                    "the method is inline, and the engine's own process uses a device",
                    in -> !in.process().engineDevice().isEmpty(),
                    in -> "this process already uses a device (" + in.process().engineDevice()
                            + "): an inline worker shares it with that code",
                    "inline-device"),
            new PolicyRule(
                    "devices-unused",
                    Set.of(),
                    "`quern.worker.devices` is set, but workers compute on the CPU",
                    in -> !in.config().devices().isEmpty() && in.accelerators().isEmpty(),
                    in -> "quern.worker.devices ("
                            + String.join(", ", in.config().devices())
                            + ") has no effect: llama.cpp can use no accelerator here, so workers compute on the CPU",
                    "devices-unused"),
            new PolicyRule(
                    "devices-inline",
                    Set.of(INLINE),
                    "`quern.worker.devices` is set, but the method is inline",
                    in -> !in.config().devices().isEmpty() && !in.accelerators().isEmpty(),
                    in -> "quern.worker.devices ("
                            + String.join(", ", in.config().devices())
                            + ") has no effect on an inline worker, which uses all devices that this process sees",
                    "devices-unused"),
            new PolicyRule(
                    "probe-problems",
                    Set.of(),
                    "the device probe failed, or part of it did",
                    in -> !in.devices().problems().isEmpty(),
                    in -> "the device probe failed ("
                            + String.join("; ", in.devices().problems())
                            + "): the engine knows only about device nodes",
                    "probe-problems"));

    Decision.Rule fired(PolicyInputs in) {
        return new Decision.Rule(id, message.apply(in), link());
    }

    /** The link to the section for operators, or empty if there is none. */
    String link() {
        return page.isEmpty() ? "" : "docs/troubleshooting/start-methods.md#" + page;
    }
}
