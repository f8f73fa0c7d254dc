package io.quern.worker;

/**
 * What a worker finds in its memory when it begins, from the process that it was forked from.
 *
 * @param libraries whether llama.cpp's libraries and backends are loaded
 * @param model the address of the loaded model; 0: none
 */
public record Preloaded(boolean libraries, long model) {
    static final Preloaded NOTHING = new Preloaded(false, 0);
}
