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
 * One rule of the policy. The table in docs/internals/start-methods.md is made of these.
 *
 * @param id its name in decisions and logs
 * @param methods that it rules out, chooses or warns of
 * @param when its condition, for people
 * @param applies its condition
 * @param message what it says where it applies: what was found
 * @param page the section of docs/troubleshooting/start-methods.md that says more; empty where there is nothing to mend
 */
record PolicyRule(
        String id,
        Set<StartMethod> methods,
        String when,
        Predicate<PolicyInputs> applies,
        Function<PolicyInputs, String> message,
        String page) {

    /** Where one applies the engine does not boot. */
    static final List<PolicyRule> REFUSING = List.of(
            new PolicyRule(
                    "inside-worker",
                    Set.of(),
                    "the engine is started within a worker process",
                    in -> !in.process().insideWorker().isEmpty(),
                    in -> "this engine was started within worker "
                            + in.process().insideWorker()
                            + " of another one (QUERN_INSIDE_WORKER is set): its workers would start engines again,"
                            + " without end",
                    "started-within-a-worker"),
            new PolicyRule(
                    "no-numa-nodes",
                    Set.of(),
                    "workers are to be bound to NUMA nodes, and the host is not Linux or tells none",
                    in -> in.config().numaBinding()
                            && (!in.host().os().equals("linux")
                                    || in.host().numaNodes().isEmpty()),
                    in -> "workers cannot be bound to NUMA nodes (quern.worker.numa-binding): "
                            + (in.host().os().equals("linux")
                                    ? "this kernel tells none with processors and memory that this process may use"
                                    : "that is for Linux alone, this is "
                                            + in.host().os()),
                    "numa-binding"));

    /** Where one applies its methods are not safe, or not to be had; the first that applies to a method gives the reason. */
    static final List<PolicyRule> RULING_OUT = List.of(
            new PolicyRule(
                    "not-linux",
                    Set.of(FORK, FORKSERVER),
                    "the operating system is not Linux",
                    in -> !in.host().os().equals("linux"),
                    in -> "forking with a model loaded is for Linux alone, this is "
                            + in.host().os(),
                    "not-possible"),
            new PolicyRule(
                    "no-launcher",
                    Set.of(FORK, FORKSERVER),
                    "this build has no native launcher for the platform",
                    in -> !in.process().launcher(),
                    in -> "this build has no native launcher for this platform: there was no C compiler where it was"
                            + " made",
                    "not-possible"),
            new PolicyRule(
                    "launcher-not-executable",
                    Set.of(FORKSERVER),
                    "the launcher may not be executed where it lies, such as on a file system mounted noexec",
                    in -> !in.process().launcherProblem().isEmpty(),
                    in -> "the launcher cannot be run: " + in.process().launcherProblem(),
                    "not-executable"),
            new PolicyRule(
                    "device-initialised",
                    Set.of(FORK, FORKSERVER),
                    "the launcher has a device open or a driver mapped",
                    in -> !in.process().launcherDevice().isEmpty(),
                    in -> "the launcher uses a device already (" + in.process().launcherDevice()
                            + "), and a driver's state is not valid in a fork",
                    "device-initialised"),
            new PolicyRule(
                    "launcher-threads",
                    Set.of(FORK, FORKSERVER),
                    "the launcher has more than one thread",
                    in -> in.process().launcherThreads() > 1,
                    in -> "the launcher has "
                            + in.process().launcherThreads()
                            + " threads, and a lock that another thread holds stays locked in a fork for ever",
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
                    "workers are to be bound to NUMA nodes",
                    in -> in.config().numaBinding(),
                    in -> "workers are bound to NUMA nodes (quern.worker.numa-binding), and what a fork shares lies on"
                            + " its parent's node",
                    "numa-binding"),
            new PolicyRule(
                    "no-entry-point",
                    Set.of(FORK),
                    "the engine has no entry point: the launcher is not its parent",
                    in -> !in.process().entryPoint(),
                    in -> "the launcher is not this engine's parent, as it is when the engine is started by "
                            + in.process().forkCommand(),
                    "no-entry-point"),
            new PolicyRule(
                    "native-executable",
                    Set.of(INLINE),
                    "the engine is a native executable",
                    in -> in.process().nativeExecutable(),
                    in -> "a native executable cannot run a worker in itself",
                    "not-possible"));

    /** Where all else is ruled out. */
    static final PolicyRule LAST_RESORT = new PolicyRule(
            "auto-spawn", Set.of(SPAWN), "nothing else is to be had", in -> true, in -> "spawn works everywhere", "");

    /** The first that applies decides. */
    static final List<PolicyRule> CHOOSING = List.of(
            new PolicyRule(
                    "explicit",
                    Set.of(SPAWN, FORK, FORKSERVER, INLINE),
                    "a method is asked for and not ruled out",
                    in -> in.config().method().isPresent(),
                    in -> in.config().source() + " asks for " + in.config().requested(),
                    ""),
            new PolicyRule(
                    "auto-accelerator",
                    Set.of(SPAWN),
                    "workers compute on an accelerator",
                    in -> !in.accelerators().isEmpty(),
                    in -> "there is an accelerator ("
                            + PolicyInputs.name(in.accelerators().getFirst())
                            + "): its memory is not shared by forking, and spawn is the most compatible",
                    ""),
            new PolicyRule(
                    "auto-forkserver",
                    Set.of(FORKSERVER),
                    "workers compute on the processor, and forkserver is not ruled out",
                    in -> in.accelerators().isEmpty(),
                    in -> "workers compute on the processor: they are forked with the model loaded, which is faster and"
                            + " shares its memory",
                    ""),
            LAST_RESORT);

    /** Where one applies the operator should know. */
    static final List<PolicyRule> WARNING = List.of(
            new PolicyRule(
                    "several-names",
                    Set.of(),
                    "several names ask for different methods, or one for what is none",
                    in -> !in.config().ignored().isEmpty(),
                    in -> String.join("; ", in.config().ignored()),
                    "several-names"),
            new PolicyRule(
                    "inline-device",
                    Set.of(INLINE),
                    "the method is inline, and the engine's process uses a device itself",
                    in -> !in.process().engineDevice().isEmpty(),
                    in -> "this process uses a device already (" + in.process().engineDevice()
                            + "): an inline worker shares it with whatever does",
                    "inline-device"),
            new PolicyRule(
                    "devices-unused",
                    Set.of(),
                    "workers are restricted to some accelerators, and compute on the processor",
                    in -> !in.config().devices().isEmpty() && in.accelerators().isEmpty(),
                    in -> "quern.worker.devices ("
                            + String.join(", ", in.config().devices())
                            + ") has no effect: there is no accelerator that llama.cpp could use, and workers compute"
                            + " on the processor",
                    "devices-unused"),
            new PolicyRule(
                    "devices-inline",
                    Set.of(INLINE),
                    "workers are restricted to some accelerators, and the method is inline",
                    in -> !in.config().devices().isEmpty() && !in.accelerators().isEmpty(),
                    in -> "quern.worker.devices ("
                            + String.join(", ", in.config().devices())
                            + ") has no effect on an inline worker, which uses all devices that this process sees",
                    "devices-unused"),
            new PolicyRule(
                    "probe-problems",
                    Set.of(),
                    "the device probe could not find out all it was asked",
                    in -> !in.devices().problems().isEmpty(),
                    in -> "the device probe failed ("
                            + String.join("; ", in.devices().problems()) + "): only device nodes were looked at",
                    "probe-problems"));

    Decision.Rule fired(PolicyInputs in) {
        return new Decision.Rule(id, message.apply(in), link());
    }

    /** Where the operator is sent; empty where nowhere. */
    String link() {
        return page.isEmpty() ? "" : "docs/troubleshooting/start-methods.md#" + page;
    }
}
