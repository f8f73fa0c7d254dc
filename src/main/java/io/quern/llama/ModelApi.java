package io.quern.llama;

import static io.quern.llama.Types.BOOL;
import static io.quern.llama.Types.INT;
import static io.quern.llama.Types.LONG;
import static io.quern.llama.Types.POINTER;
import static io.quern.llama.Types.nothing;
import static io.quern.llama.Types.returning;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;

/** The functions of llama.cpp that Quern uses on the library, models and vocabularies. */
final class ModelApi {
    private final NativeFunction version;
    private final NativeFunction setLog;
    private final NativeFunction initBackend;
    private final NativeFunction defaultParams;
    private final NativeFunction load;
    private final NativeFunction free;
    private final NativeFunction vocabulary;
    private final NativeFunction hasEncoder;
    private final NativeFunction trainingContext;
    private final NativeFunction slidingWindow;
    private final NativeFunction isRecurrent;
    private final NativeFunction isHybrid;
    private final NativeFunction metadata;
    private final NativeFunction describe;
    private final NativeFunction size;
    private final NativeFunction parameters;
    private final NativeFunction tokenCount;
    private final NativeFunction isEndOfGeneration;
    private final NativeFunction tokenize;
    private final NativeFunction tokenToPiece;
    private final NativeFunction tokenName;
    private final NativeFunction tokenAttributes;
    private final NativeFunction detokenize;

    ModelApi(SymbolLookup symbols) {
        version = new NativeFunction(symbols, "llama_version", returning(POINTER));
        setLog = new NativeFunction(symbols, "llama_log_set", nothing(POINTER, POINTER));
        initBackend = new NativeFunction(symbols, "llama_backend_init", nothing());
        defaultParams = new NativeFunction(symbols, "llama_model_default_params", returning(ModelParams.LAYOUT));
        load = new NativeFunction(
                symbols, "llama_model_load_from_file", returning(POINTER, POINTER, ModelParams.LAYOUT));
        free = new NativeFunction(symbols, "llama_model_free", nothing(POINTER));
        vocabulary = new NativeFunction(symbols, "llama_model_get_vocab", returning(POINTER, POINTER));
        hasEncoder = new NativeFunction(symbols, "llama_model_has_encoder", returning(BOOL, POINTER));
        trainingContext = new NativeFunction(symbols, "llama_model_n_ctx_train", returning(INT, POINTER));
        slidingWindow = new NativeFunction(symbols, "llama_model_n_swa", returning(INT, POINTER));
        isRecurrent = new NativeFunction(symbols, "llama_model_is_recurrent", returning(BOOL, POINTER));
        isHybrid = new NativeFunction(symbols, "llama_model_is_hybrid", returning(BOOL, POINTER));
        metadata = new NativeFunction(
                symbols, "llama_model_meta_val_str", returning(INT, POINTER, POINTER, POINTER, LONG));
        describe = new NativeFunction(symbols, "llama_model_desc", returning(INT, POINTER, POINTER, LONG));
        size = new NativeFunction(symbols, "llama_model_size", returning(LONG, POINTER));
        parameters = new NativeFunction(symbols, "llama_model_n_params", returning(LONG, POINTER));
        tokenCount = new NativeFunction(symbols, "llama_vocab_n_tokens", returning(INT, POINTER));
        isEndOfGeneration = new NativeFunction(symbols, "llama_vocab_is_eog", returning(BOOL, POINTER, INT));
        tokenize = new NativeFunction(
                symbols, "llama_tokenize", returning(INT, POINTER, POINTER, INT, POINTER, INT, BOOL, BOOL));
        tokenToPiece = new NativeFunction(
                symbols, "llama_token_to_piece", returning(INT, POINTER, INT, POINTER, INT, INT, BOOL));
        tokenName = new NativeFunction(symbols, "llama_vocab_get_text", returning(POINTER, POINTER, INT));
        tokenAttributes = new NativeFunction(symbols, "llama_vocab_get_attr", returning(INT, POINTER, INT));
        detokenize = new NativeFunction(
                symbols, "llama_detokenize", returning(INT, POINTER, POINTER, INT, POINTER, INT, BOOL, BOOL));
    }

    MemorySegment version() {
        try {
            return (MemorySegment) version.handle().invokeExact();
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void setLog(MemorySegment callback, MemorySegment userData) {
        try {
            setLog.handle().invokeExact(callback, userData);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void initBackend() {
        try {
            initBackend.handle().invokeExact();
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment defaultParams(SegmentAllocator result) {
        try {
            return (MemorySegment) defaultParams.handle().invokeExact(result);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment load(MemorySegment path, MemorySegment params) {
        try {
            return (MemorySegment) load.handle().invokeExact(path, params);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void free(MemorySegment model) {
        try {
            free.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment vocabulary(MemorySegment model) {
        try {
            return (MemorySegment) vocabulary.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    boolean hasEncoder(MemorySegment model) {
        try {
            return (boolean) hasEncoder.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int trainingContext(MemorySegment model) {
        try {
            return (int) trainingContext.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    void prepareKindOfMemory() {
        slidingWindow.handle();
        isRecurrent.handle();
        isHybrid.handle();
    }

    /**
     * Writes a value of the file's metadata as text.
     *
     * @return its bytes, or a negative number if there is none
     */
    int metadata(MemorySegment model, MemorySegment key, MemorySegment text, int bytes) {
        try {
            return (int) metadata.handle().invokeExact(model, key, text, (long) bytes);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    /** Returns whether all or some of its layers are recurrent. */
    boolean isRecurrent(MemorySegment model) {
        try {
            return (boolean) isRecurrent.handle().invokeExact(model)
                    || (boolean) isHybrid.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int slidingWindow(MemorySegment model) {
        try {
            return (int) slidingWindow.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int describe(MemorySegment model, MemorySegment buffer, long bytes) {
        try {
            return (int) describe.handle().invokeExact(model, buffer, bytes);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    long size(MemorySegment model) {
        try {
            return (long) size.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    long parameters(MemorySegment model) {
        try {
            return (long) parameters.handle().invokeExact(model);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int tokenCount(MemorySegment vocabulary) {
        try {
            return (int) tokenCount.handle().invokeExact(vocabulary);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    boolean isEndOfGeneration(MemorySegment vocabulary, int token) {
        try {
            return (boolean) isEndOfGeneration.handle().invokeExact(vocabulary, token);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int tokenize(
            MemorySegment vocabulary,
            MemorySegment text,
            int bytes,
            MemorySegment tokens,
            int capacity,
            boolean addSpecial,
            boolean parseSpecial) {
        try {
            return (int)
                    tokenize.handle().invokeExact(vocabulary, text, bytes, tokens, capacity, addSpecial, parseSpecial);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int tokenToPiece(MemorySegment vocabulary, int token, MemorySegment buffer, int bytes, int strip, boolean special) {
        try {
            return (int) tokenToPiece.handle().invokeExact(vocabulary, token, buffer, bytes, strip, special);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    MemorySegment tokenName(MemorySegment vocabulary, int token) {
        try {
            return (MemorySegment) tokenName.handle().invokeExact(vocabulary, token);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int tokenAttributes(MemorySegment vocabulary, int token) {
        try {
            return (int) tokenAttributes.handle().invokeExact(vocabulary, token);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }

    int detokenize(
            MemorySegment vocabulary,
            MemorySegment tokens,
            int count,
            MemorySegment text,
            int capacity,
            boolean removeSpecial,
            boolean showSpecial) {
        try {
            return (int) detokenize
                    .handle()
                    .invokeExact(vocabulary, tokens, count, text, capacity, removeSpecial, showSpecial);
        } catch (Throwable e) {
            throw NativeFunction.failed(e);
        }
    }
}
