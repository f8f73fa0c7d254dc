package io.quern.generation;

import java.util.Objects;

/**
 * Names the request's place among the requests with the same prompt that one client sent as choices of one answer. They
 * can share the computed prompt.
 *
 * @param id the same for all of them, and unique among families
 * @param index from 0
 * @param size how many there are
 */
public record Family(String id, int index, int size) {
    public Family {
        Objects.requireNonNull(id);
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("index " + index + " of " + size);
        }
    }
}
