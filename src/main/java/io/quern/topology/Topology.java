package io.quern.topology;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * The number of workers of a model, and what each of them is.
 *
 * @param workers the number of workers that serve, without standbys
 * @param threads inference threads of each
 * @param mostThreads inference threads that a worker may have while others have no requests; at least {@code threads}
 * @param slots slots of each
 * @param devices the accelerators of the workers, in turn, in the notation of CUDA_VISIBLE_DEVICES; empty if each
 *     worker uses all
 * @param reasons why, one for each number
 * @param facts the inputs of the policy, by name
 */
@Schema(name = "Topology")
public record Topology(
        int workers,
        int threads,
        int mostThreads,
        int slots,
        List<String> devices,
        List<Reason> reasons,
        Map<String, String> facts) {

    /**
     * Why a number was chosen.
     *
     * @param number {@code workers}, {@code threads} or {@code slots}
     */
    public record Reason(String number, int value, String message) {

        /** Returns text such as "1 thread: quern.worker.threads is set". */
        public String text() {
            return count(value, number.substring(0, number.length() - 1)) + ": " + message;
        }
    }

    /** Returns the accelerators of the workers, in turn, or empty if each worker uses all. */
    public Optional<List<String>> deviceEntries() {
        return Optional.of(devices).filter(entries -> !entries.isEmpty());
    }

    /** Returns the same topology with fewer slots, because memory is short. */
    public Topology withSlots(int fewer) {
        List<Reason> changed = reasons.stream()
                .map(reason -> reason.number().equals("slots")
                        ? new Reason("slots", fewer, "lowered from " + slots + ", because memory is short")
                        : reason)
                .toList();
        return new Topology(workers, threads, mostThreads, fewer, devices, changed, facts);
    }

    /** Returns text such as "2 workers x 1 thread x 32 slots". */
    public String text() {
        return count(workers, "worker") + " x " + count(threads, "thread") + " x " + count(slots, "slot");
    }

    static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
