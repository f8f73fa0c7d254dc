package io.quern.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quern.text.Printable;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Asks the hub for the files of repositories, over the same paths as the hub's own client. */
final class HubClient {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** A repository has some hundred files; a page of the list has a thousand. */
    private static final int MOST_PAGES = 100;

    private final Http http;
    private final HubEnvironment environment;
    private final Retries.Policy policy;
    private final PullListener listener;

    /**
     * A file at a commit.
     *
     * @param commit of the repository, if the hub says
     * @param size in bytes, or -1 if unknown
     * @param sha256 if the hub announces it
     */
    record Metadata(Optional<String> commit, long size, Optional<String> sha256) {}

    HubClient(Http http, HubEnvironment environment, Retries.Policy policy, PullListener listener) {
        this.http = http;
        this.environment = environment;
        this.policy = policy;
        this.listener = listener;
    }

    /**
     * Lists the models of a repository.
     *
     * @throws StoreException if the hub refuses or cannot be reached
     */
    Repository repository(ModelReference.Hub reference) throws InterruptedException {
        List<Repository.Entry> entries = new ArrayList<>();
        Optional<URI> page = Optional.of(resolved("/api/models/" + reference.repository() + "/tree/"
                + encoded(reference.revision()) + "?recursive=true"));
        for (int pages = 0; page.isPresent() && pages < MOST_PAGES; pages++) {
            page = page(reference, page.get(), entries);
        }
        return new Repository(
                reference,
                List.copyOf(entries),
                entry -> new RangeReader(
                        http, policy, file(reference, reference.revision(), entry.path()), entry.size()));
    }

    /** @return the next page */
    private Optional<URI> page(ModelReference.Hub reference, URI page, List<Repository.Entry> entries)
            throws InterruptedException {
        return new Retries(policy, listener).run(() -> {
            try (Reply reply = http.get(page, Map.of("Accept", "application/json"))) {
                requireOk(reply, reference);
                List<Repository.Entry> found = entries(reply.text());
                Optional<URI> next = next(reply);
                entries.addAll(found);
                return next;
            }
        });
    }

    private Optional<URI> next(Reply reply) {
        Matcher link = NEXT.matcher(reply.header("Link").orElse(""));
        if (!link.find()) {
            return Optional.empty();
        }
        URI next = reply.uri().resolve(link.group(1));
        // behind a mirror, the hub names itself
        return Optional.of(
                environment.isEndpoint(next) ? next : resolved(next.getRawPath() + "?" + next.getRawQuery()));
    }

    private static List<Repository.Entry> entries(String text) throws IOException {
        JsonNode list = json(text);
        if (!list.isArray()) {
            throw new StoreException(
                    StoreProblem.SERVER_ERROR,
                    "Cannot list the files of the repository: the server does not answer as the hub does. Check"
                            + " HF_ENDPOINT.");
        }
        List<Repository.Entry> entries = new ArrayList<>();
        for (JsonNode node : list) {
            String path = node.path("path").asText();
            // messages show paths, and a terminal must not obey them
            if (node.path("type").asText().equals("file") && path.equals(Printable.line(path))) {
                entries.add(new Repository.Entry(
                        path,
                        node.path("lfs").path("size").asLong(node.path("size").asLong())));
            }
        }
        return entries;
    }

    private static JsonNode json(String text) throws IOException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new StoreException(
                    StoreProblem.SERVER_ERROR,
                    "Cannot read the hub's answer: it is not JSON. Check HF_ENDPOINT and the proxies.",
                    e);
        }
    }

    /**
     * Asks for a file's size, checksum and commit.
     *
     * @param revision a commit, if one is known already
     */
    Metadata metadata(ModelReference.Hub reference, String revision, String path) throws InterruptedException {
        URI uri = file(reference, revision, path);
        return new Retries(policy, listener).run(() -> {
            try (Reply reply = http.head(uri)) {
                if (reply.redirect() == null) {
                    requireOk(reply, reference);
                }
                Optional<String> linked = reply.header("X-Linked-Etag").map(HubClient::unquoted);
                // without X-Linked-Size this is the length of a redirect, which means nothing
                long size = reply.header("X-Linked-Size")
                        .filter(text -> text.matches("\\d{1,18}"))
                        .map(Long::valueOf)
                        .orElse(reply.status() == 200 ? reply.contentLength().orElse(-1) : -1);
                return new Metadata(
                        reply.header("X-Repo-Commit").filter(commit -> commit.matches("[0-9a-f]{7,64}")),
                        size,
                        linked.or(() -> reply.header("ETag").map(HubClient::unquoted))
                                .filter(etag -> SHA256.matcher(etag).matches()));
            }
        });
    }

    private static String unquoted(String etag) {
        return etag.replaceFirst("^W/", "").replace("\"", "");
    }

    /** Returns the URL of a file, which redirects to its content. */
    URI file(ModelReference.Hub reference, String revision, String path) {
        String encoded = Arrays.stream(path.split("/")).map(HubClient::encoded).collect(Collectors.joining("/"));
        return resolved("/" + reference.repository() + "/resolve/" + encoded(revision) + "/" + encoded);
    }

    private URI resolved(String path) {
        return URI.create(environment.endpoint() + path);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private void requireOk(Reply reply, ModelReference.Hub reference) throws IOException, InterruptedException {
        if (reply.status() == 200) {
            return;
        }
        HubErrors errors = new HubErrors(environment, reference);
        throw errors.of(reply, errors.isUnknownRepository(reply) ? similar(reference) : List.of());
    }

    /** Returns the names of repositories that may be meant. The search is a courtesy: it never fails. */
    private List<String> similar(ModelReference.Hub reference) throws InterruptedException {
        for (String query : List.of(
                "author=" + encoded(reference.owner()) + "&limit=200",
                "search=" + encoded(reference.repo()) + "&limit=20")) {
            try (Reply reply = http.get(resolved("/api/models?filter=gguf&" + query), Map.of())) {
                List<String> names = new ArrayList<>();
                if (reply.status() == 200) {
                    json(reply.text())
                            .forEach(node ->
                                    names.add(Printable.line(node.path("id").asText())));
                }
                if (!names.isEmpty()) {
                    return Nearest.of(reference.repository(), names);
                }
            } catch (IOException | StoreException e) {
                return List.of();
            }
        }
        return List.of();
    }
}
