package io.quern.bench;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * The CPU build of vLLM, which serves a model of Hugging Face's format in bf16.
 *
 * @param environment a Python environment in which vLLM is installed
 * @param folder the model: the one that the other services have as GGUF
 */
record Vllm(Path environment, Path folder) implements Service.Kind {
    /** GiB for the KV cache; 64 sequences of 512 tokens of SmolLM2 take 0.7. */
    private static final String CACHE = "4";

    @Override
    public String title() {
        return "vLLM";
    }

    /** Its first start compiles for minutes. */
    @Override
    public Duration patience() {
        return Duration.ofMinutes(10);
    }

    @Override
    public ProcessBuilder command(Path model, int slots, int context, int port) {
        Path programs = environment.resolve("bin");
        ProcessBuilder builder = new ProcessBuilder(
                programs.resolve("vllm").toString(),
                "serve",
                folder.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--dtype",
                "bfloat16",
                "--max-model-len",
                Integer.toString(context),
                "--max-num-seqs",
                Integer.toString(slots));
        builder.environment()
                .putAll(Map.of(
                        "PATH",
                        programs + File.pathSeparator + System.getenv("PATH"),
                        "VLLM_CPU_KVCACHE_SPACE",
                        CACHE,
                        "HF_HUB_OFFLINE",
                        "1"));
        return builder;
    }
}
