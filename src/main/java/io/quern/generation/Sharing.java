package io.quern.generation;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says with which other requests a request shares its computed prompt.
 *
 * @param cacheSalt requests of a client share cached prompt prefixes only if their salts are equal; empty: no salt
 * @param family the choices of the same answer, or null if it is the only one
 */
public record Sharing(String cacheSalt, @Nullable Family family) {
    public static final Sharing DEFAULT = new Sharing("", null);

    public Sharing {
        Objects.requireNonNull(cacheSalt);
    }

    /** Returns the same for a member of a family. */
    public Sharing with(Family member) {
        return new Sharing(cacheSalt, member);
    }
}
