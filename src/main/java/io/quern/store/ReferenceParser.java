package io.quern.store;

import io.quern.text.Printable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads references to models. Pure. */
final class ReferenceParser {
    static final String DEMO = "demo";
    static final String EXTENSION = ".gguf";

    private static final String HUB = "hf:";

    /** Pages of the hub, whose addresses people copy from a browser. */
    private static final Set<String> HUB_HOSTS = Set.of("huggingface.co", "www.huggingface.co", "hf.co");

    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+)://.*", Pattern.DOTALL);

    /** The hub's rule for names of users, organisations and repositories. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,95}");

    private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}");
    private static final Pattern QUANTISATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,63}");

    /** Ollama's users write it; it is no quantisation. */
    private static final String LATEST = "latest";

    private static final String HUB_FORMS =
            "Write hf:OWNER/REPO, hf:OWNER/REPO:QUANTISATION or hf:OWNER/REPO/FILE.gguf";

    private ReferenceParser() {}

    static ModelReference parse(String text) {
        String reference = text.strip();
        if (reference.isEmpty()) {
            throw invalid(text, "it is empty", "Name a file, demo, hf:OWNER/REPO or an https URL");
        }
        if (reference.equals(DEMO)) {
            return new ModelReference.Demo();
        }
        if (reference.regionMatches(true, 0, HUB, 0, HUB.length())) {
            return hub(reference, reference.substring(HUB.length()));
        }
        for (String host : HUB_HOSTS) {
            if (reference.startsWith(host + "/")) {
                return hub(reference, reference.substring(host.length() + 1));
            }
        }
        Matcher scheme = SCHEME.matcher(reference);
        return scheme.matches() ? url(reference, scheme.group(1).toLowerCase(Locale.ROOT)) : file(reference);
    }

    private static ModelReference file(String reference) {
        try {
            return new ModelReference.LocalFile(Path.of(reference));
        } catch (InvalidPathException e) {
            throw new StoreException(
                    StoreProblem.INVALID_REFERENCE,
                    "Cannot use model " + Printable.line(reference) + ": it is not a valid path (" + e.getReason()
                            + "). Correct the path.",
                    e);
        }
    }

    /** @param name what follows {@code hf:} */
    private static ModelReference hub(String reference, String name) {
        String[] parts = name.split("/", 3);
        if (parts.length < 2) {
            throw invalid(reference, "it names no repository", HUB_FORMS);
        }
        if (parts.length == 3) {
            String[] repo = revision(reference, parts[1]);
            return new ModelReference.Hub(
                    checked(reference, "owner", NAME, parts[0]),
                    checked(reference, "repository", NAME, repo[0]),
                    repo[1],
                    Optional.empty(),
                    Optional.of(path(reference, parts[2])));
        }
        int colon = parts[1].indexOf(':');
        String[] repo = revision(reference, colon < 0 ? parts[1] : parts[1].substring(0, colon));
        Optional<String> quantisation = colon < 0
                ? Optional.empty()
                : Optional.of(checked(reference, "quantisation", QUANTISATION, parts[1].substring(colon + 1)));
        return new ModelReference.Hub(
                checked(reference, "owner", NAME, parts[0]),
                checked(reference, "repository", NAME, repo[0]),
                repo[1],
                quantisation.filter(one -> !one.equalsIgnoreCase(LATEST)).map(one -> one.toUpperCase(Locale.ROOT)),
                Optional.empty());
    }

    /** Splits {@code REPO@REVISION}. */
    private static String[] revision(String reference, String repo) {
        int at = repo.indexOf('@');
        return at < 0
                ? new String[] {repo, ModelReference.Hub.DEFAULT_REVISION}
                : new String[] {repo.substring(0, at), checked(reference, "revision", REVISION, repo.substring(at + 1))
                };
    }

    private static String checked(String reference, String what, Pattern allowed, String name) {
        if (!allowed.matcher(name).matches() || name.contains("..")) {
            throw invalid(reference, "\"" + name + "\" cannot be the name of its " + what, HUB_FORMS);
        }
        return name;
    }

    private static String path(String reference, String path) {
        List<String> names = Arrays.asList(path.split("/", -1));
        if (path.contains("\\") || names.stream().anyMatch(name -> name.isBlank() || name.matches("\\.+"))) {
            throw invalid(reference, "\"" + path + "\" cannot be a path in a repository", HUB_FORMS);
        }
        if (!path.toLowerCase(Locale.ROOT).endsWith(EXTENSION)) {
            throw invalid(
                    reference,
                    path + " is not a GGUF file",
                    "Quern serves models in GGUF format: name a file that ends in .gguf");
        }
        return SplitName.first(path);
    }

    private static ModelReference url(String reference, String scheme) {
        URI uri;
        try {
            uri = new URI(reference);
        } catch (URISyntaxException e) {
            throw invalid(withoutQuery(reference), "it is not a valid URL", "Correct it or escape its characters");
        }
        if (scheme.equals("file") && uri.getHost() == null && uri.getPath() != null) {
            return file(uri.getPath());
        }
        if (!scheme.equals("https") && !scheme.equals("http")) {
            throw invalid(
                    withoutQuery(reference), scheme + " is not supported", "Use an https URL, hf:OWNER/REPO or a path");
        }
        if (uri.getRawUserInfo() != null) {
            // not even the message repeats the password
            throw invalid(scheme + "://...@" + uri.getHost(), "it contains a user or password", "Leave them out");
        }
        if (uri.getHost() == null) {
            throw invalid(withoutQuery(reference), "it names no host", "Correct the URL");
        }
        if (HUB_HOSTS.contains(uri.getHost().toLowerCase(Locale.ROOT))) {
            return page(reference, uri);
        }
        if (scheme.equals("http") && !Loopback.is(uri.getHost())) {
            throw invalid(
                    withoutQuery(reference),
                    "http would let anybody on the way change the model",
                    "Use https; http is allowed for this machine only");
        }
        String path = uri.getPath();
        if (path == null || path.isEmpty() || path.endsWith("/")) {
            throw invalid(withoutQuery(reference), "it names no file", "Use the URL of a .gguf file");
        }
        return new ModelReference.Web(withoutFragment(uri));
    }

    /**
     * Reads the address of a page of the hub: {@code /OWNER/REPO}, {@code /OWNER/REPO/blob/REVISION/FILE} and similar.
     */
    private static ModelReference page(String reference, URI uri) {
        String[] parts =
                uri.getPath().replaceFirst("^/+", "").replaceFirst("/+$", "").split("/", 5);
        if (parts.length < 2) {
            throw invalid(withoutQuery(reference), "it names no repository", HUB_FORMS);
        }
        String repository = parts[0] + "/" + parts[1];
        if (parts.length == 2) {
            return hub(reference, repository);
        }
        boolean file = parts.length == 5 && Set.of("blob", "resolve", "raw").contains(parts[2]);
        if (!file && !(parts.length == 4 && parts[2].equals("tree"))) {
            throw invalid(withoutQuery(reference), "it is no page of a model or of a file", HUB_FORMS);
        }
        return hub(reference, repository + "@" + parts[3] + (file ? "/" + parts[4] : ""));
    }

    private static URI withoutFragment(URI uri) {
        String text = uri.toString();
        int fragment = text.indexOf('#');
        return fragment < 0 ? uri : URI.create(text.substring(0, fragment));
    }

    private static String withoutQuery(String url) {
        String shown = url.replaceFirst("[?#].*", "").replaceFirst("//[^/@]*@", "//...@");
        return shown.isEmpty() ? url : shown;
    }

    private static StoreException invalid(String reference, String problem, String advice) {
        return new StoreException(
                StoreProblem.INVALID_REFERENCE,
                "Cannot use model " + Printable.line(reference) + ": " + problem + ". " + advice + ".");
    }
}
