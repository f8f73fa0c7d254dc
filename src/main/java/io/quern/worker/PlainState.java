package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The form of a sequence's state from a plain KV cache with flash attention, as llama.cpp writes it: numbers that
 * describe the slot and its tokens, then the rows of keys for each layer, then the rows of values. Before and after
 * them stands a zero for each other slot. Valid for v0.5.0
 * ({@code llama_kv_cache::state_write} in llama-kv-cache.cpp).
 *
 * @param format identifies llama.cpp's format
 * @param slots of the context
 * @param slot whose state it is
 * @param tokens that it holds
 * @param tensors keys and values of each layer in turn
 */
record PlainState(int format, int slots, int slot, int tokens, List<Rows> tensors) {
    /**
     * The rows of one layer's keys or values.
     *
     * @param type of the elements, as llama.cpp numbers it
     * @param bytes length of a row
     * @param at where the state has the row of the first token
     */
    record Rows(int type, long bytes, long at) {}

    /** Returns the form of a state, or empty if it is another one. */
    static Optional<PlainState> read(MemorySegment state, int slots) {
        try {
            return Optional.of(new Reader(state).read(slots));
        } catch (IndexOutOfBoundsException | UnknownFormException e) {
            return Optional.empty();
        }
    }

    /** Returns the length of a token's rows in all layers. */
    long tokenBytes() {
        return tensors.stream().mapToLong(Rows::bytes).sum();
    }

    /** Returns the length of such a state. */
    long bytes() {
        long numbers = 2L + 1 + slots + 3L * tokens + 2;
        return numbers * Integer.BYTES + tensors.size() * (long) (Integer.BYTES + Long.BYTES) + tokens * tokenBytes();
    }

    /** Receives the place for the rows of a tensor. */
    interface Filler {
        void fill(int tensor, MemorySegment rows);
    }

    /** Writes such a state. */
    void write(MemorySegment state, Filler filler) {
        Writer writer = new Writer(state);
        writer.number(format);
        writer.number(slot);
        writer.number(slots);
        writer.empty(slot);
        writer.number(tokens);
        for (int position = 0; position < tokens; position++) {
            writer.number(position);
            writer.number(1);
            writer.number(slot);
        }
        writer.number(0);
        writer.number(tensors.size() / 2);
        // keys of all layers, then values
        for (int first = 0; first < 2; first++) {
            for (int tensor = first; tensor < tensors.size(); tensor += 2) {
                writer.rows(tensors.get(tensor), tokens, tensor, filler);
            }
        }
        writer.empty(slots - 1 - slot);
    }

    private static final class Writer {
        private final MemorySegment state;
        private long at;

        Writer(MemorySegment state) {
            this.state = state;
        }

        void number(int value) {
            state.set(JAVA_INT_UNALIGNED, at, value);
            at += Integer.BYTES;
        }

        /** The other slots have no tokens here. */
        void empty(int others) {
            for (int i = 0; i < others; i++) {
                number(0);
            }
        }

        void rows(Rows rows, int tokens, int tensor, Filler filler) {
            number(rows.type);
            state.set(JAVA_LONG_UNALIGNED, at, rows.bytes);
            at += Long.BYTES;
            filler.fill(tensor, state.asSlice(at, tokens * rows.bytes));
            at += tokens * rows.bytes;
        }
    }

    /** The state is not one of a plain KV cache. */
    private static final class UnknownFormException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Reader {
        private final MemorySegment state;
        private long at;

        Reader(MemorySegment state) {
            this.state = state;
        }

        PlainState read(int slots) {
            int format = number();
            int slot = number();
            require(slots);
            requireEmpty(slot);
            int tokens = number();
            if (slot >= slots || tokens < 1) {
                throw new UnknownFormException();
            }
            for (int position = 0; position < tokens; position++) {
                require(position);
                // in one sequence: that of the slot
                require(1);
                require(slot);
            }
            // whether values are transposed
            require(0);
            int layers = number();
            List<Rows> keys = rows(layers, tokens);
            List<Rows> values = rows(layers, tokens);
            requireEmpty(slots - 1 - slot);
            if (at != state.byteSize()) {
                throw new UnknownFormException();
            }
            List<Rows> tensors = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                tensors.add(keys.get(layer));
                tensors.add(values.get(layer));
            }
            return new PlainState(format, slots, slot, tokens, tensors);
        }

        private int number() {
            int value = state.get(JAVA_INT_UNALIGNED, at);
            at += Integer.BYTES;
            return value;
        }

        private void require(int expected) {
            if (number() != expected) {
                throw new UnknownFormException();
            }
        }

        private void requireEmpty(int others) {
            for (int i = 0; i < others; i++) {
                require(0);
            }
        }

        private List<Rows> rows(int layers, int tokens) {
            List<Rows> rows = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                int type = number();
                long bytes = state.get(JAVA_LONG_UNALIGNED, at);
                at += Long.BYTES;
                if (bytes <= 0 || bytes > (state.byteSize() - at) / tokens) {
                    throw new UnknownFormException();
                }
                rows.add(new Rows(type, bytes, at));
                at += tokens * bytes;
            }
            return rows;
        }
    }
}
