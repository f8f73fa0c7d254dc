package io.quern.embed;

import java.util.Set;

/**
 * A bean that adds known keys below {@code quern.}: those of the stand-alone application, which the library does not
 * contain.
 */
public interface FurtherConfiguration {

    /** Returns the keys, in the form of {@link MappedKeys}. */
    Set<String> keys();
}
