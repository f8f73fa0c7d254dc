package io.quern;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Another local user, to whom only root can give files. */
public final class OtherUser {
    private static final int NOBODY = 65534;

    private OtherUser() {}

    /** Makes that user the owner of a file. Skips the test unless root runs it. */
    public static void give(Path file) throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: only root can give files to another user");
        Files.setAttribute(file, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
    }
}
