package io.quern.store;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Names a model, as in {@code quern.model} and in the arguments of commands. {@code toString()} returns the text that a
 * person types for it; for a URL, without the query, which may contain a secret.
 *
 * <table>
 * <caption>How references are written</caption>
 * <tr><td>{@code demo}</td><td>the small model inside the application</td></tr>
 * <tr><td>{@code /path/to/model.gguf}</td><td>a file</td></tr>
 * <tr><td>{@code hf:OWNER/REPO}</td><td>a model of the hub; Quern chooses the quantisation</td></tr>
 * <tr><td>{@code hf:OWNER/REPO:Q4_K_M}</td><td>this quantisation</td></tr>
 * <tr><td>{@code hf:OWNER/REPO/FILE.gguf}</td><td>this file</td></tr>
 * <tr><td>{@code hf:OWNER/REPO@REVISION...}</td><td>a branch, tag or commit other than {@code main}</td></tr>
 * <tr><td>{@code https://...}</td><td>a file on a web server</td></tr>
 * </table>
 */
public sealed interface ModelReference {

    /**
     * Reads a reference. Pure: looks at no file and no server.
     *
     * @throws StoreException if it cannot be one; the message says what is wrong with it
     */
    static ModelReference parse(String text) {
        return ReferenceParser.parse(text);
    }

    /** The model inside the application. */
    record Demo() implements ModelReference {
        @Override
        public String toString() {
            return ReferenceParser.DEMO;
        }
    }

    /**
     * A file of this machine, which the store neither copies nor deletes.
     *
     * @param path as written, possibly relative
     */
    record LocalFile(Path path) implements ModelReference {
        /** Returns the model of the hub that is meant if {@code hf:} was forgotten, or empty if it cannot be one. */
        public Optional<Hub> asHub() {
            return path.isAbsolute() || path.getNameCount() != 2
                    ? Optional.empty()
                    : ReferenceParser.repository(path.toString());
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** A model that has to be downloaded before it can be used. */
    sealed interface Remote extends ModelReference {}

    /**
     * A model of the hub. At most one of quantisation and file is present.
     *
     * @param revision branch, tag or commit
     * @param quantisation such as {@code Q4_K_M}, in upper case
     * @param file path of the file in the repository; for a split model, of its first part
     */
    record Hub(String owner, String repo, String revision, Optional<String> quantisation, Optional<String> file)
            implements Remote {
        public static final String DEFAULT_REVISION = "main";

        /** Returns the repository's name, such as {@code OWNER/REPO}. */
        public String repository() {
            return owner + "/" + repo;
        }

        /** Returns the reference to the repository without quantisation and file. */
        Hub whole() {
            return new Hub(owner, repo, revision, Optional.empty(), Optional.empty());
        }

        Hub withQuantisation(String name) {
            return new Hub(owner, repo, revision, Optional.of(name), Optional.empty());
        }

        Hub withFile(String path) {
            return new Hub(owner, repo, revision, Optional.empty(), Optional.of(path));
        }

        /** Whether both name the same revision of the same repository. The hub ignores the case of names. */
        boolean isInSameRepository(Hub other) {
            return repository().equalsIgnoreCase(other.repository()) && revision.equals(other.revision);
        }

        @Override
        public String toString() {
            return "hf:" + repository() + (revision.equals(DEFAULT_REVISION) ? "" : "@" + revision)
                    + quantisation.map(name -> ":" + name).orElse("")
                    + file.map(path -> "/" + path).orElse("");
        }
    }

    /**
     * A file on a web server.
     *
     * @param uri https, or http on this machine; without user and fragment
     */
    record Web(URI uri) implements Remote {
        /** Returns the name that the file gets in the store. */
        String fileName() {
            String path = uri.getPath();
            String name = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._+-]", "_");
            return name.toLowerCase(java.util.Locale.ROOT).endsWith(ReferenceParser.EXTENSION)
                    ? name
                    : name + ReferenceParser.EXTENSION;
        }

        @Override
        public String toString() {
            String text = uri.toString();
            int query = text.indexOf('?');
            return query < 0 ? text : text.substring(0, query) + "?...";
        }
    }
}
