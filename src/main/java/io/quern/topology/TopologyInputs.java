package io.quern.topology;

import io.quern.settings.AutoNumber;
import io.quern.settings.ByteFormat;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** All inputs of the policy. */
public record TopologyInputs(
        Wishes wishes,
        Processors processors,
        MemoryRoom memory,
        ModelSize model,
        Accelerators accelerators,
        StartFacts start,
        Optional<Measurement> measurement) {

    /** Creates inputs without a measurement. */
    public TopologyInputs(
            Wishes wishes,
            Processors processors,
            MemoryRoom memory,
            ModelSize model,
            Accelerators accelerators,
            StartFacts start) {
        this(wishes, processors, memory, model, accelerators, start, Optional.empty());
    }

    /** Returns the fewest threads that a worker should have, if the configuration does not say. */
    int threadsWanted() {
        int most = processors.nodeForThreads();
        return measurement
                .map(found -> found.threads(most))
                .orElse(OptionalInt.empty())
                .orElseGet(() -> Math.min(most, readableThreads()));
    }

    private int readableThreads() {
        OptionalDouble one = measured(1);
        return one.isPresent() ? Estimate.readableThreads(one.getAsDouble()) : Estimate.readableThreads(model);
    }

    /** Returns the tokens per second of a single stream: measured, or estimated. */
    double speed(int threads) {
        return processors.share()
                * measured(threads).orElseGet(() -> threads * measured(1).orElseGet(() -> Estimate.speed(model)));
    }

    /** Returns text such as "about 57 tokens/s (estimated)". */
    String speedText(int threads) {
        double speed = speed(threads);
        return "about " + (speed < 10 ? String.format(Locale.ROOT, "%.1f", speed) : Math.round(speed)) + " tokens/s ("
                + (measured(threads).isPresent() ? "measured)" : "estimated)");
    }

    /** The speed of one thread does not tell that of several. */
    private OptionalDouble measured(int threads) {
        return measurement
                .filter(found -> threads == 1 || found.comparesThreads())
                .map(found -> found.single(threads))
                .orElse(OptionalDouble.empty());
    }

    /** The inputs by name, as views show them. */
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("workers", AutoNumber.text(wishes.workers()));
        facts.put("threads", AutoNumber.text(wishes.threads()));
        facts.put("most-threads", AutoNumber.text(wishes.mostThreads()));
        facts.put("slots", AutoNumber.text(wishes.slots()));
        facts.put(
                "cpus",
                BigDecimal.valueOf(processors.cpus())
                        .round(new MathContext(3))
                        .stripTrailingZeros()
                        .toPlainString());
        facts.put("numa-nodes", Integer.toString(processors.numaNodes()));
        facts.put("models-together", Integer.toString(processors.together()));
        facts.put("memory-limit", memory.limit() == 0 ? "unknown" : ByteFormat.of(memory.limit()));
        facts.put("memory-of-worker", ByteFormat.of(memory.perWorker()));
        facts.put("memory-of-slot", ByteFormat.of(memory.perSlot()));
        facts.put("weights", ByteFormat.of(model.bytes()));
        facts.put("weights-per-token", ByteFormat.of(model.bytesPerToken()));
        facts.put("measured", Boolean.toString(measurement.isPresent()));
        facts.put("accelerators", Integer.toString(accelerators.ids().size()));
        facts.put("shared-weights", Boolean.toString(start.sharedWeights()));
        facts.put("inline", Boolean.toString(start.inline()));
        facts.put("numa-binding", Boolean.toString(start.numaBinding()));
        facts.put("development", Boolean.toString(start.development()));
        facts.put("embedded", Boolean.toString(start.embedded()));
        facts.put("any-threads", Boolean.toString(start.anyThreads()));
        return facts;
    }
}
