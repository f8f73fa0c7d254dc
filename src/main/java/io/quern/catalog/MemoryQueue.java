package io.quern.catalog;

import io.quern.boot.BootPlan;
import io.quern.boot.MemoryPlan;
import io.quern.boot.MemoryUse;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The models whose requests wait until there is memory for them, in the order of their demand, and the choice of the
 * models that make room. Idle models do, least recently used first. If they do not suffice and the first has waited for
 * the patience, busy models do, too, least recently loaded first: they take no new requests, and leave when the last
 * request that has begun has ended. A model is left alone for the patience after it was loaded, so that models that
 * are all busy take turns of that length. Used on the {@link ModelsThread}, except {@link #isAwaited}.
 */
final class MemoryQueue {
    private final Collection<Resident> residents;
    private final Duration patience;
    private final EngineClock clock;
    private final BiConsumer<Resident, String> unload;

    /** When each began to wait, in nanoseconds of the clock. */
    private final SequencedMap<Resident, Long> waiting = new LinkedHashMap<>();

    private volatile boolean awaited;

    /**
     * @param residents all models that may be loaded and unloaded, as they are at each call
     * @param patience how long the first waits for busy models; not positive: for ever
     * @param unload unloads a model for a reason, unless it has got requests
     */
    MemoryQueue(
            Collection<Resident> residents, Duration patience, EngineClock clock, BiConsumer<Resident, String> unload) {
        this.residents = residents;
        this.patience = patience;
        this.clock = clock;
        this.unload = unload;
    }

    /** Returns whether a model may wait. Cheap; any thread may call this. */
    boolean isAwaited() {
        return awaited;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    Resident first() {
        return waiting.firstEntry().getKey();
    }

    boolean contains(Resident resident) {
        return waiting.containsKey(resident);
    }

    /** Returns whether the model has not waited before. */
    boolean add(Resident resident) {
        awaited = true;
        return waiting.putIfAbsent(resident, clock.nanos()) == null;
    }

    /** The model waits no more. Those that made room for it serve again, if they have not been unloaded yet. */
    void remove(Resident resident) {
        if (waiting.remove(resident) != null) {
            residents.stream().filter(other -> !other.leaves()).forEach(Resident::givesWayNoMore);
        }
    }

    /** Nobody waits now; until {@link #add}, nobody need notify the thread. */
    void isServed() {
        awaited = false;
    }

    /**
     * Tries to make room for a model.
     *
     * @param use what it needs, with what pinned models use of GPUs
     * @return why there is no room yet, or empty if it fits
     */
    Optional<String> obstacle(Resident resident, BootPlan plan, MemoryPlan memory, MemoryUse use) {
        List<Resident> others = residents.stream()
                .filter(other -> other != resident && !other.use().isNone())
                .toList();
        Demand demand = new Demand(plan, memory, use);
        if (demand.exceeds(others).isEmpty()) {
            return Optional.empty();
        }
        String arithmetic = "The model " + resident.name() + " needs " + memory.arithmetic()
                + ", but the memory limit is " + memory.limitText() + ", and other models use "
                + others.stream()
                        .sorted(Comparator.comparingLong(Resident::idleSince))
                        .map(other -> other.use().text() + " (" + other.name() + ")")
                        .collect(Collectors.joining(" + "));
        List<Resident> leaving = makeRoom(resident, demand, others);
        return Optional.of(
                leaving.isEmpty()
                        ? arithmetic
                        : "The model " + resident.name() + " is loaded when "
                                + leaving.stream().map(Resident::name).collect(Collectors.joining(", "))
                                + (leaving.size() == 1 ? " is" : " are") + " unloaded");
    }

    /** The memory that a model needs. */
    private record Demand(BootPlan plan, MemoryPlan memory, MemoryUse use) {
        /** Returns the memories that are too small for this and these models together. */
        List<String> exceeds(List<Resident> others) {
            MemoryUse all = others.stream().map(Resident::use).reduce(use, MemoryUse::plus);
            return all.exceeding(memory, plan.devices().orThrow());
        }
    }

    /**
     * Unloads models, or lets them finish their requests first, if that frees enough.
     *
     * @return the models whose memory becomes free; empty if that is not enough
     */
    private List<Resident> makeRoom(Resident resident, Demand demand, List<Resident> others) {
        List<Resident> staying = new ArrayList<>(others);
        staying.removeIf(Resident::leaves);
        List<Resident> idle = take(staying, demand, Resident::isIdle, Comparator.comparingLong(Resident::idleSince));
        List<Resident> busy = isImpatient(resident)
                ? take(staying, demand, this::mustGiveWay, Comparator.comparingLong(Resident::loadedAt))
                : List.of();
        boolean enough = demand.exceeds(staying).isEmpty();
        others.stream()
                .filter(other -> !other.leaves() && !(enough && busy.contains(other)))
                .forEach(Resident::givesWayNoMore);
        if (!enough) {
            return List.of();
        }
        String why = "the model " + resident.name() + " needs its memory";
        idle.forEach(victim -> unload.accept(victim, why));
        for (Resident victim : busy) {
            victim.giveWayTo(resident);
            unload.accept(victim, why);
        }
        return others.stream()
                .filter(other -> other.leaves() || other.givesWay())
                .toList();
    }

    /** Removes models in this order until the others leave enough memory, and returns the removed ones. */
    private static List<Resident> take(
            List<Resident> staying, Demand demand, Predicate<Resident> may, Comparator<Resident> order) {
        List<Resident> taken = new ArrayList<>();
        for (Resident next : staying.stream().filter(may).sorted(order).toList()) {
            if (next.use().touches(demand.exceeds(staying))) {
                staying.remove(next);
                taken.add(next);
            }
        }
        return taken;
    }

    private boolean isImpatient(Resident resident) {
        Long since = waiting.get(resident);
        return since != null && patience.isPositive() && clock.nanos() - since >= patience.toNanos();
    }

    private boolean mustGiveWay(Resident other) {
        return other.isReady() && (other.givesWay() || clock.nanos() - other.loadedAt() >= patience.toNanos());
    }
}
