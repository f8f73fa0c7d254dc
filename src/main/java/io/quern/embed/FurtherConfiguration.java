package io.quern.embed;

import java.util.List;

/** A bean that has further keys below {@code quern.} known: those of a rim that does not travel in the library. */
public interface FurtherConfiguration {

    /** Interfaces that are {@code @ConfigMapping}s. */
    List<Class<?>> mappings();
}
