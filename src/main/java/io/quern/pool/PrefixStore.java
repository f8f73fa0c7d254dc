package io.quern.pool;

import io.quern.wire.PrefixLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The states of prompts' prefixes that the workers of one model have computed, for all of them. Its size is bounded;
 * what saves least computation per byte makes room. Thread-safe; nothing blocks.
 */
final class PrefixStore implements AutoCloseable {
    /** Each state keeps a descriptor open. */
    static final int MAX_STATES = 256;

    /** Blocks in the index: a corrupt worker could name many for little memory. */
    static final int MAX_BLOCKS = 1 << 17;

    /** Beginnings of prompts to remember, to find out where prompts part. */
    private static final int MAX_SEEN = 1 << 14;

    private record Beginning(PrefixScope scope, long hash) {}

    /** What the store found. */
    record Found(Optional<StoredPrefix> state, int parts) {}

    private final long maxBytes;
    private final Set<StoredPrefix> states = new LinkedHashSet<>();
    private final Map<Beginning, List<StoredPrefix>> byBeginning = new HashMap<>();
    private final Map<Beginning, Boolean> seen = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Beginning, Boolean> eldest) {
            return size() > MAX_SEEN;
        }
    };
    private long bytes;
    private long blocks;
    private double age;
    private boolean closed;

    /** @param maxBytes the size of all states together; 0: the store takes nothing */
    PrefixStore(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Returns the largest state that it takes. */
    long maxBytes() {
        return maxBytes;
    }

    /** Returns the size of all states. */
    synchronized long bytes() {
        return bytes;
    }

    synchronized int size() {
        return states.size();
    }

    /**
     * Finds the state with the longest prefix of a prompt.
     *
     * @param hashes hashes of the prompt's beginnings, in blocks of tokens
     * @param held how many tokens of the prompt the worker has
     * @param exact whether it is worthwhile to know where the prompt parts from earlier ones
     * @return the caller {@link WorkerMemory#release releases} the memory of the state
     */
    synchronized Found find(PrefixScope scope, List<Long> hashes, int held, boolean exact) {
        Optional<StoredPrefix> state = longest(scope, hashes, held);
        state.ifPresent(found -> {
            found.memory.retain();
            found.used(age, 1);
        });
        return new Found(state, exact ? parts(scope, hashes) : 0);
    }

    private Optional<StoredPrefix> longest(PrefixScope scope, List<Long> hashes, int held) {
        for (int blocks = hashes.size(); blocks * PrefixLayout.BLOCK >= held + PrefixLayout.WORTH_IT; blocks--) {
            int length = blocks;
            Optional<StoredPrefix> best =
                    byBeginning.getOrDefault(new Beginning(scope, hashes.get(blocks - 1)), List.of()).stream()
                            .filter(state -> !state.exact || state.hashes.size() == length)
                            // the copy takes as long as the state is large
                            .min(Comparator.<StoredPrefix>comparingLong(state -> state.bytes)
                                    .thenComparing(StoredPrefix::uses, Comparator.reverseOrder()));
            if (best.isPresent()) {
                return best;
            }
        }
        return Optional.empty();
    }

    /** Returns how many tokens this prompt has in common with an earlier one, in whole blocks. */
    private int parts(PrefixScope scope, List<Long> hashes) {
        int blocks = 0;
        for (int i = 0; i < hashes.size(); i++) {
            if (seen.put(new Beginning(scope, hashes.get(i)), true) != null && blocks == i) {
                blocks++;
            }
        }
        return blocks * PrefixLayout.BLOCK;
    }

    /**
     * Adds a state, which may make others go.
     *
     * @return whether the store has taken it, and will release its memory
     */
    synchronized boolean add(StoredPrefix state) {
        int indexed = indexed(state).size();
        if (closed || state.bytes > maxBytes || indexed > MAX_BLOCKS || has(state)) {
            return false;
        }
        int uses = 1;
        for (StoredPrefix shorter : contained(state)) {
            uses += shorter.uses();
            remove(shorter);
        }
        while (states.size() >= MAX_STATES || bytes + state.bytes > maxBytes || blocks + indexed > MAX_BLOCKS) {
            StoredPrefix least = states.stream()
                    .min(Comparator.comparingDouble(StoredPrefix::priority))
                    .orElseThrow();
            age = least.priority();
            remove(least);
        }
        state.used(age, uses);
        states.add(state);
        bytes += state.bytes;
        blocks += indexed;
        for (long hash : indexed(state)) {
            byBeginning
                    .computeIfAbsent(new Beginning(state.scope, hash), any -> new ArrayList<>(1))
                    .add(state);
        }
        return true;
    }

    /** A state that cannot be shortened is found only by all of its tokens. */
    private static List<Long> indexed(StoredPrefix state) {
        return state.exact ? List.of(state.hashes.getLast()) : state.hashes;
    }

    private boolean has(StoredPrefix state) {
        return byBeginning.getOrDefault(new Beginning(state.scope, state.hashes.getLast()), List.of()).stream()
                .anyMatch(other -> other.exact == state.exact
                        && other.hashes.size() == state.hashes.size()
                        && other.tokens >= state.tokens);
    }

    /**
     * Returns states that a new one replaces, because it begins like them. It does not replace much shorter ones: for
     * other prompts these are the cheaper ones to copy.
     */
    private List<StoredPrefix> contained(StoredPrefix state) {
        if (state.exact) {
            return List.of();
        }
        List<StoredPrefix> contained = new ArrayList<>();
        for (int i = state.hashes.size() / 2; i < state.hashes.size(); i++) {
            int blocks = i + 1;
            byBeginning.getOrDefault(new Beginning(state.scope, state.hashes.get(i)), List.of()).stream()
                    .filter(other -> !other.exact && other.hashes.size() == blocks && other.tokens <= state.tokens)
                    .forEach(contained::add);
        }
        return contained;
    }

    private void remove(StoredPrefix state) {
        states.remove(state);
        bytes -= state.bytes;
        blocks -= indexed(state).size();
        for (long hash : indexed(state)) {
            byBeginning.computeIfPresent(new Beginning(state.scope, hash), (key, all) -> {
                all.remove(state);
                return all.isEmpty() ? null : all;
            });
        }
        state.memory.release();
    }

    /** Releases all states, and takes no more. */
    @Override
    public synchronized void close() {
        closed = true;
        List.copyOf(states).forEach(this::remove);
        seen.clear();
    }
}
