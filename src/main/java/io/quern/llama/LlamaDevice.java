package io.quern.llama;

/**
 * A device that llama.cpp can compute on.
 *
 * @param name ggml's name for it, such as "CPU" or "CUDA0"
 * @param description of the hardware
 */
public record LlamaDevice(String name, String description, Type type) {

    public enum Type {
        CPU,
        GPU,
        INTEGRATED_GPU,
        ACCELERATOR,
        OTHER;

        static Type of(int code) {
            return switch (code) {
                case 0 -> CPU;
                case 1 -> GPU;
                case 2 -> INTEGRATED_GPU;
                case 3 -> ACCELERATOR;
                default -> OTHER;
            };
        }
    }
}
