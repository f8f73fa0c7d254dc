package io.quern.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A model has changed its state.
 *
 * @param model the model's name
 * @param from the name of the previous state
 * @param state the name of the current state
 * @param detail details of the state, or null
 */
public record ModelEvent(
        Instant at,
        String model,
        String from,
        String state,
        @Nullable String detail) {}
