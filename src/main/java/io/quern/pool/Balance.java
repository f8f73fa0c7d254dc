package io.quern.pool;

import io.quern.wire.WorkerSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Distributes running streams over the workers. Streams move if one worker has clearly more than another, for example
 * after a restart, if they are faster on fewer workers ({@link Packing}), and away from a worker that computes a long
 * prompt, as long as another one has free slots. A stream that moves takes its state along and continues bit for bit.
 * Used on the supervisor's thread.
 */
final class Balance {
    /** A worker must have a quarter more streams than another one, and two more, before a stream moves. */
    private static final int CLEARLY = 4;

    /** Streams move after so many looks, since many end before that by themselves. */
    private static final int PATIENCE = 2;

    /** The number of streams counts at its highest in so many looks, since one that ends is often followed at once. */
    private static final int PEAK_OF = 4;

    private final boolean moves;
    private final long maxBytes;
    private final boolean packs;
    private final Packing packing = new Packing();
    private final int[] lately = new int[PEAK_OF];
    private List<WorkerLink> before = List.of();
    private WorkerLink.Decoded[] decoded = {};
    private int looks;
    private int uneven;
    private final AtomicLong moved = new AtomicLong();

    /**
     * The streams of one worker, and the slots that it has for more.
     *
     * @param prefills whether it computes a long prompt, which counts as a stream but does not move
     */
    record Places(int streams, int free, boolean prefills) {
        Places(int streams, int free) {
            this(streams, free, false);
        }
    }

    /** A stream that moves, by the places of the workers in the list. */
    record Move(int from, int to) {}

    /**
     * @param copies the copies of states that workers keep, with which streams move
     * @param packs whether a worker gets more threads if others have no streams
     */
    Balance(PoolConfig.Rebalance config, WorkerSettings.StateCopies copies, boolean packs) {
        moves = config.enabled() && copies.getShare() > 0;
        maxBytes = config.maxState().asLongValue();
        this.packs = packs;
    }

    /** Returns whether there is anything to do for so many workers. */
    boolean needed(int workers) {
        return moves && workers > 1;
    }

    /** Returns how many streams were asked to move since the start. */
    long moved() {
        return moved.get();
    }

    /** Returns how streams are distributed. Any thread may call it. */
    Distribution distribution() {
        return new Distribution(moved(), packing.measured());
    }

    /** Called regularly. */
    void look(Routing routing, long nanos) {
        List<WorkerLink> links = routing.links();
        if (links.stream().anyMatch(WorkerLink::moving)) {
            // a stream that moves has a slot on both workers
            return;
        }
        List<Places> places = links.stream()
                .map(link -> new Places(link.busySlots(), routing.freeSlots(link), link.prefillsLongPrompt()))
                .toList();
        if (places.stream().allMatch(place -> place.streams() == 0)) {
            // the next streams are probably as many as the last ones
            return;
        }
        int use = packs ? packed(links, places, routing.filled(), nanos) : links.size();
        // so that a worker that becomes ready gets requests at once
        routing.fill(use == links.size() ? Integer.MAX_VALUE : use);
        List<Move> wanted = moves(places, use);
        uneven = wanted.isEmpty() ? 0 : uneven + 1;
        if (uneven >= PATIENCE) {
            move(links, wanted);
            uneven = 0;
        }
    }

    private int packed(List<WorkerLink> links, List<Places> places, int filled, long nanos) {
        OptionalDouble rate = rate(links, filled);
        int streams = places.stream().mapToInt(Places::streams).sum();
        int earlier = lately[(looks + PEAK_OF - 1) % PEAK_OF];
        lately[looks++ % PEAK_OF] = streams;
        int peak = 0;
        for (int number : lately) {
            peak = Math.max(peak, number);
        }
        // at least one, since there are streams
        int slots = places.stream()
                .mapToInt(place -> place.streams() + place.free())
                .max()
                .orElseThrow();
        int least = Math.clamp(Math.ceilDiv(peak, slots), 1, links.size());
        // a load that begins or ends is no measure
        boolean still = Math.min(streams, earlier) * 8 >= peak * 7
                && moves(places, filled).isEmpty();
        return packing.use(peak, least, links.size(), still ? rate : OptionalDouble.empty(), nanos);
    }

    /**
     * Returns the tokens per second that the workers have decoded since the last look, or empty if streams did not run
     * on exactly the first ones.
     */
    private OptionalDouble rate(List<WorkerLink> links, int filled) {
        WorkerLink.Decoded[] now = links.stream().map(WorkerLink::decoded).toArray(WorkerLink.Decoded[]::new);
        WorkerLink.Decoded[] last = decoded;
        boolean same = links.equals(before);
        decoded = now;
        before = links;
        if (!same) {
            return OptionalDouble.empty();
        }
        double sum = 0;
        for (int i = 0; i < now.length; i++) {
            long tokens = now[i].tokens() - last[i].tokens();
            long micros = now[i].micros() - last[i].micros();
            boolean busy = links.get(i).busySlots() > 0;
            if (busy != tokens > 0 || busy && i >= filled) {
                return OptionalDouble.empty();
            }
            sum += busy ? tokens * 1e6 / Math.max(1, micros) : 0;
        }
        return OptionalDouble.of(sum);
    }

    /**
     * Returns which streams have to move so that the first workers have all of them, in equal numbers. Workers that
     * compute a long prompt have none, unless all do.
     *
     * @param use how many workers
     */
    static List<Move> moves(List<Places> workers, int use) {
        boolean[] used = used(workers, use);
        int[] streams = workers.stream().mapToInt(Places::streams).toArray();
        int[] free = workers.stream().mapToInt(Places::free).toArray();
        List<Move> moves = new ArrayList<>();
        while (true) {
            int from = -1;
            int to = -1;
            for (int i = 0; i < streams.length; i++) {
                boolean outside = !used[i];
                if (streams[i] > 0
                        && (from < 0 || outside && used[from] || outside != used[from] && streams[i] > streams[from])) {
                    from = i;
                }
                if (!outside && free[i] > 0 && (to < 0 || streams[i] < streams[to])) {
                    to = i;
                }
            }
            if (from < 0 || to < 0 || from == to || used[from] && !clearly(streams[from], streams[to], moves)) {
                return moves;
            }
            streams[from]--;
            free[from]++;
            streams[to]++;
            free[to]--;
            moves.add(new Move(from, to));
        }
    }

    private static boolean[] used(List<Places> workers, int use) {
        boolean[] used = new boolean[workers.size()];
        boolean any = false;
        // the next workers take over if all of the first ones compute long prompts
        for (int i = 0; i < used.length && (i < use || !any); i++) {
            used[i] = !workers.get(i).prefills();
            any |= used[i];
        }
        Arrays.fill(used, 0, any ? 0 : use, true);
        return used;
    }

    /** Once one stream moves, the rest may as well become even. */
    private static boolean clearly(int most, int fewest, List<Move> begun) {
        int more = most - fewest;
        return more >= 2 && (more * CLEARLY >= most || !begun.isEmpty());
    }

    private void move(List<WorkerLink> links, List<Move> wanted) {
        List<Iterator<Lease>> movable =
                links.stream().map(link -> link.movable().iterator()).toList();
        for (Move move : wanted) {
            Iterator<Lease> there = movable.get(move.from());
            Lease next = there.hasNext() ? links.get(move.to()).lease() : null;
            if (next != null) {
                there.next().move(next, maxBytes);
                moved.incrementAndGet();
            }
        }
    }
}
