package io.quern.store;

import java.util.List;

/** Names the content of a model: a file's checksum, or the checksum of the list of the parts' checksums. Pure. */
final class ContentKey {
    private ContentKey() {}

    static String of(List<String> checksums) {
        return checksums.size() == 1 ? checksums.getFirst() : Manifest.hex(String.join("\n", checksums));
    }
}
