package io.quern.embed;

import java.util.Set;

/** A bean that has further keys below {@code quern.} known: those of a rim that does not travel in the library. */
public interface FurtherConfiguration {

    /** As {@link MappedKeys} finds them. */
    Set<String> keys();
}
