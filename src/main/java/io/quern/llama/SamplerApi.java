package io.quern.llama;

import static io.quern.llama.Types.FLOAT;
import static io.quern.llama.Types.INT;
import static io.quern.llama.Types.LONG;
import static io.quern.llama.Types.POINTER;
import static io.quern.llama.Types.nothing;
import static io.quern.llama.Types.returning;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;

/** The functions of llama.cpp's samplers that Quern uses. */
final class SamplerApi {
    private final NativeFunction createChain;
    private final NativeFunction add;
    private final NativeFunction remove;
    private final NativeFunction greedy;
    private final NativeFunction distribution;
    private final NativeFunction topK;
    private final NativeFunction topP;
    private final NativeFunction minP;
    private final NativeFunction typical;
    private final NativeFunction grammar;
    private final NativeFunction temperature;
    private final NativeFunction penalties;
    private final NativeFunction accept;
    private final NativeFunction apply;
    private final NativeFunction sample;
    private final NativeFunction free;

    SamplerApi(SymbolLookup symbols) {
        createChain = new NativeFunction(symbols, "llama_sampler_chain_init", returning(POINTER, Types.CHAIN_PARAMS));
        add = new NativeFunction(symbols, "llama_sampler_chain_add", nothing(POINTER, POINTER));
        remove = new NativeFunction(symbols, "llama_sampler_chain_remove", returning(POINTER, POINTER, INT));
        greedy = new NativeFunction(symbols, "llama_sampler_init_greedy", returning(POINTER));
        distribution = new NativeFunction(symbols, "llama_sampler_init_dist", returning(POINTER, INT));
        topK = new NativeFunction(symbols, "llama_sampler_init_top_k", returning(POINTER, INT));
        topP = new NativeFunction(symbols, "llama_sampler_init_top_p", returning(POINTER, FLOAT, LONG));
        minP = new NativeFunction(symbols, "llama_sampler_init_min_p", returning(POINTER, FLOAT, LONG));
        typical = new NativeFunction(symbols, "llama_sampler_init_typical", returning(POINTER, FLOAT, LONG));
        grammar = new NativeFunction(
                symbols, "llama_sampler_init_grammar", returning(POINTER, POINTER, POINTER, POINTER));
        apply = new NativeFunction(symbols, "llama_sampler_apply", nothing(POINTER, POINTER));
        temperature = new NativeFunction(symbols, "llama_sampler_init_temp", returning(POINTER, FLOAT));
        penalties = new NativeFunction(
                symbols, "llama_sampler_init_penalties", returning(POINTER, INT, INT, FLOAT, FLOAT, FLOAT));
        accept = new NativeFunction(symbols, "llama_sampler_accept", nothing(POINTER, INT));
        sample = new NativeFunction(symbols, "llama_sampler_sample", returning(INT, POINTER, POINTER, INT));
        free = new NativeFunction(symbols, "llama_sampler_free", nothing(POINTER));
    }

    /** Creates an empty chain. */
    MemorySegment createChain() {
        try (Arena arena = Arena.ofConfined()) {
            // the only field is no_perf, a boolean
            MemorySegment params = arena.allocate(Types.CHAIN_PARAMS).fill((byte) 1);
            return (MemorySegment) createChain.handle().invokeExact(params);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void add(MemorySegment chain, MemorySegment sampler) {
        try {
            add.handle().invokeExact(chain, sampler);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    /** Removes a sampler from a chain, which frees it no more. */
    void remove(MemorySegment chain, int index) {
        try {
            MemorySegment removed = (MemorySegment) remove.handle().invokeExact(chain, index);
            assert removed.address() != 0;
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment greedy() {
        try {
            return (MemorySegment) greedy.handle().invokeExact();
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment distribution(int seed) {
        try {
            return (MemorySegment) distribution.handle().invokeExact(seed);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment topK(int k) {
        try {
            return (MemorySegment) topK.handle().invokeExact(k);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment topP(float p, long minKeep) {
        try {
            return (MemorySegment) topP.handle().invokeExact(p, minKeep);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment minP(float p, long minKeep) {
        try {
            return (MemorySegment) minP.handle().invokeExact(p, minKeep);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment typical(float p, long minKeep) {
        try {
            return (MemorySegment) typical.handle().invokeExact(p, minKeep);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment grammar(MemorySegment vocabulary, MemorySegment gbnf, MemorySegment root) {
        try {
            return (MemorySegment) grammar.handle().invokeExact(vocabulary, gbnf, root);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void apply(MemorySegment sampler, MemorySegment candidates) {
        try {
            apply.handle().invokeExact(sampler, candidates);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment temperature(float value) {
        try {
            return (MemorySegment) temperature.handle().invokeExact(value);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment penalties(int vocabulary, int lastN, float repeat, float frequency, float presence) {
        try {
            return (MemorySegment) penalties.handle().invokeExact(vocabulary, lastN, repeat, frequency, presence);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void accept(MemorySegment sampler, int token) {
        try {
            accept.handle().invokeExact(sampler, token);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int sample(MemorySegment sampler, MemorySegment context, int output) {
        try {
            return (int) sample.handle().invokeExact(sampler, context, output);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void free(MemorySegment sampler) {
        try {
            free.handle().invokeExact(sampler);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
