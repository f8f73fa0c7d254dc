package io.quern.pool;

import java.util.Objects;

/**
 * Which requests may take over what a worker has computed of a prompt's beginning: those that bear the same name.
 *
 * @param name tells a worker nothing about the client; empty: the request shares with no other
 */
public record PrefixScope(String name) {
    public static final PrefixScope NONE = new PrefixScope("");

    public PrefixScope {
        Objects.requireNonNull(name);
    }
}
