package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Distinguishes temporary from permanent load failures by the errors of llama.cpp v0.5.0. */
class LoadFailureTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama_model_load: error loading model: check_tensor_dims: tensor 'blk.0.attn_q.weight' has wrong"
                        + " shape; expected 128, 128, got 128, 64, 1, 1",
                "llama_model_load: error loading model: missing tensor 'blk.6.attn_norm.weight'",
                "llama_model_load: error loading model: unknown model architecture: 'quern9'",
                "llama_model_load: error loading model: error loading model hyperparameters: key not found in model:"
                        + " llama.block_count",
                "llama_model_load: error loading model: error loading model vocabulary: unknown pre-tokenizer type:"
                        + " 'x'",
                "llama_model_load: error loading model: done_getting_tensors: wrong number of tensors; expected 38,"
                        + " got 37",
            })
    void errorsOfTheFileArePermanent(String line) {
        assertThat(LlamaModel.mayPass(List.of(line, "llama_model_load_from_file_impl: failed to load model")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama_model_load: error loading model: unable to allocate CPU buffer",
                "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 814.00 MiB on device 0: cudaMalloc failed: out"
                        + " of memory",
                "llama_model_load: error loading model: mmap failed: Cannot allocate memory",
                "gguf_init_from_file: failed to open GGUF file '/models/m.gguf' (No such file or directory)",
                "llama_model_load: error loading model: read error: Input/output error",
            })
    void errorsOfTheMachineMayPass(String line) {
        assertThat(LlamaModel.mayPass(List.of("llama_model_load: error", line))).isTrue();
    }

    @Test
    void failureWithoutReasonMayPass() {
        assertThat(LlamaModel.mayPass(List.of())).isTrue();
    }
}
