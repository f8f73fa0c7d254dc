package io.quern.pool;

import java.util.Objects;

/**
 * Groups requests that may reuse each other's computed prompt prefix: those with the same name.
 *
 * @param name reveals nothing about the client to a worker; empty if the request shares with no other
 */
public record PrefixScope(String name) {
    public static final PrefixScope NONE = new PrefixScope("");

    public PrefixScope {
        Objects.requireNonNull(name);
    }
}
