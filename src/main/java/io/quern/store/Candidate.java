package io.quern.store;

import java.util.List;

/**
 * A model that a repository offers.
 *
 * @param quantisation such as {@code Q4_K_M}, or the file's name if it contains none
 * @param files paths in the repository, for a split model of all parts in order
 * @param bytes size of all files together
 * @param header reads the first file on the server, without downloading it
 */
public record Candidate(String quantisation, List<String> files, long bytes, RemoteBytes header) {
    public Candidate {
        files = List.copyOf(files);
    }
}
