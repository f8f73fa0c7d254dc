package io.quern.worker;

/**
 * What a worker finds in its memory when it begins, from the process that it was forked from.
 *
 * @param libraries whether llama.cpp's libraries and backends are loaded
 * @param device what llama.cpp computes on; empty where that is to be asked
 * @param model the address of the loaded model; 0: none
 * @param context the address of a context of it that is made and warm; 0: none
 * @param made what that context is like; null if there is none
 */
public record Inherited(boolean libraries, String device, long model, long context, Made made) {
    static final Inherited NOTHING = new Inherited(false, "", 0, 0, null);

    /**
     * A context. The slots and threads are the worker's.
     *
     * @param length tokens per slot
     * @param flashAttention whether it uses the fused attention kernel
     * @param microsPerToken how long it takes to prefill a token, in microseconds; 0: not measured
     */
    record Made(int length, boolean flashAttention, double microsPerToken) {

        /** @param text the three with colons between */
        static Made parse(String text) {
            String[] parts = text.split(":");
            try {
                return new Made(
                        Integer.parseInt(parts[0]), Boolean.parseBoolean(parts[1]), Double.parseDouble(parts[2]));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw new IllegalArgumentException("--context-made must be LENGTH:FLASH:MICROS, is '" + text + "'", e);
            }
        }
    }
}
