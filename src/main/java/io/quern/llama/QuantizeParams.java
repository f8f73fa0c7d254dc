package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The layout of {@code llama_model_quantize_params} in v0.5.0. */
final class QuantizeParams {
    static final long BYTES = 64;

    private static final long N_THREAD = 0;
    private static final long FTYPE = 4;
    private static final long ALLOW_REQUANTIZE = 16;
    private static final long DRY_RUN = 21;
    private static final long MAX_BUF_SIZE = 56;
    private static final int DEFAULT_FTYPE = 7;
    private static final long DEFAULT_BUF_SIZE = 8L << 30;

    static final List<ExpectedField> DEFAULTS = List.of(
            ExpectedField.ofInt("nthread", N_THREAD, 0),
            ExpectedField.ofInt("ftype", FTYPE, DEFAULT_FTYPE),
            ExpectedField.ofByte("allow_requantize", ALLOW_REQUANTIZE, 0),
            ExpectedField.ofByte("quantize_output_tensor", 17, 1),
            ExpectedField.ofByte("only_copy", 18, 0),
            ExpectedField.ofByte("pure", 19, 0),
            ExpectedField.ofByte("keep_split", 20, 0),
            ExpectedField.ofByte("dry_run", DRY_RUN, 0),
            ExpectedField.ofLong("imatrix", 24, 0),
            ExpectedField.ofLong("kv_overrides", 32, 0),
            ExpectedField.ofLong("tt_overrides", 40, 0),
            ExpectedField.ofLong("prune_layers", 48, 0),
            ExpectedField.ofLong("max_buf_size", MAX_BUF_SIZE, DEFAULT_BUF_SIZE));

    private QuantizeParams() {}

    static void set(MemorySegment params, int fileType, int threads, long bufferBytes, boolean dryRun) {
        params.set(JAVA_INT, N_THREAD, threads);
        params.set(JAVA_INT, FTYPE, fileType);
        params.set(JAVA_BYTE, ALLOW_REQUANTIZE, (byte) 1);
        params.set(JAVA_BYTE, DRY_RUN, (byte) (dryRun ? 1 : 0));
        params.set(JAVA_LONG, MAX_BUF_SIZE, bufferBytes);
    }
}
