package io.quern.store;

/** Makes names of files out of what servers say. Pure. */
final class FileName {
    private static final int LONGEST = 200;

    private FileName() {}

    /** Returns the last name of a path, with characters that any file system and shell accepts. */
    static String plain(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._+-]", "_");
        String visible = name.startsWith(".") || name.startsWith("-") ? "_" + name : name;
        return visible.length() <= LONGEST ? visible : visible.substring(visible.length() - LONGEST);
    }
}
