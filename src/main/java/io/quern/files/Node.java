package io.quern.files;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** Attributes of a file, read without following a link. */
record Node(Path path, int mode, int uid, int gid) {
    private static final int TYPE = 0170000;
    private static final int FOLDER = 0040000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final int STICKY = 01000;
    private static final int GROUP_WRITES = 0020;
    private static final int OTHERS_WRITE = 0002;

    /** Returns whether files have owners and modes on this system. */
    static boolean isSupported() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    }

    static Node of(Path path) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(path, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS);
        return new Node(path, number(attributes, "mode"), number(attributes, "uid"), number(attributes, "gid"));
    }

    private static int number(Map<String, Object> attributes, String name) {
        return (int) Objects.requireNonNull(attributes.get(name));
    }

    boolean isFolder() {
        return (mode & TYPE) == FOLDER;
    }

    boolean isRegular() {
        return (mode & TYPE) == REGULAR;
    }

    boolean isLink() {
        return (mode & TYPE) == LINK;
    }

    /** Returns whether only the owner of a file may rename or delete it in this folder. */
    boolean isSticky() {
        return (mode & STICKY) != 0;
    }

    /** Returns whether it belongs to this process's user or to root. */
    boolean isOurs() {
        return uid == CurrentUser.uid() || uid == 0;
    }

    /**
     * Returns whether users other than its owner may write. A group with the same number as the owner is the owner's
     * private group, as most systems create one for each user.
     */
    boolean isShared() {
        return (mode & OTHERS_WRITE) != 0 || (mode & GROUP_WRITES) != 0 && gid != uid;
    }

    String who() {
        return (mode & OTHERS_WRITE) != 0 ? "everybody" : "group " + gid;
    }

    String permissions() {
        return "%04o".formatted(mode & 07777);
    }

    String owner() {
        try {
            String name = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
            return name.equals(Integer.toString(uid)) ? "user " + uid : "user " + name + " (" + uid + ")";
        } catch (IOException e) {
            return "user " + uid;
        }
    }
}
