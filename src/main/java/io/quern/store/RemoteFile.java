package io.quern.store;

import java.net.URI;
import java.util.Optional;

/**
 * A file that can be downloaded.
 *
 * @param name name in the store, without folders
 * @param uri where it is; it may redirect
 * @param size in bytes, or -1 if unknown
 * @param sha256 in lower-case hexadecimal, if the server announces it
 */
record RemoteFile(String name, URI uri, long size, Optional<String> sha256) {}
