package io.quern.store;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A server that answers as the model hub does. It lists repositories on 127.0.0.1 and redirects to a second server on
 * localhost for the content, as the hub redirects to another company's servers. Tests can make both misbehave.
 */
final class TestHub implements AutoCloseable {
    static final String TOKEN = "hf_secretOfTheTest";
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private static final Pattern RESOLVE = Pattern.compile("/([^/]+/[^/]+)/resolve/([^/]+)/(.+)");
    private static final Pattern TREE = Pattern.compile("/api/models/([^/]+/[^/]+)/tree/([^/]+)");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");
    private static final int PAGE = 3;

    private final HttpServer hub;
    private final HttpServer content;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private final Map<String, Repo> repos = new ConcurrentHashMap<>();
    private final Map<String, HubFile> blobs = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicLong bytesSent = new AtomicLong();

    final Faults faults = new Faults();

    /** What a client asked for. */
    record Request(boolean toHub, String method, String path, String authorization, String range) {}

    /** How the servers misbehave; numbers count the requests for content that are still affected. */
    static final class Faults {
        final AtomicInteger breaks = new AtomicInteger();
        volatile long breakAfter;
        final AtomicInteger stalls = new AtomicInteger();
        final AtomicInteger failures = new AtomicInteger();
        volatile int status = 503;
        volatile String retryAfter;
        volatile boolean ranges = true;
        volatile boolean damaged;
        volatile boolean noChecksums;
        volatile long bytesPerSecond;
        volatile Runnable beforePart = () -> {};
        final AtomicInteger listFailures = new AtomicInteger();
    }

    /** A repository. */
    final class Repo {
        private final Map<String, HubFile> files = new java.util.concurrent.ConcurrentSkipListMap<>();
        volatile boolean gated;
        volatile boolean hidden;

        Repo file(String path, TestContent bytes) {
            HubFile file = new HubFile(bytes, bytes.sha256());
            files.put(path, file);
            blobs.put(file.sha256(), file);
            return this;
        }
    }

    record HubFile(TestContent content, String sha256) {}

    private TestHub(int port) throws IOException {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        hub = HttpServer.create(new InetSocketAddress(loopback, port), 0);
        content = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
        hub.setExecutor(threads);
        content.setExecutor(threads);
        hub.createContext("/", exchange -> handle(exchange, true));
        content.createContext("/", exchange -> handle(exchange, false));
        hub.start();
        content.start();
    }

    static TestHub start() throws IOException {
        return start(0);
    }

    static TestHub start(int port) throws IOException {
        return new TestHub(port);
    }

    Repo repo(String name) {
        return repos.computeIfAbsent(name, key -> new Repo());
    }

    /** Serves a file outside of any repository; replaces an earlier one. */
    URI web(String name, TestContent bytes) {
        blobs.put("web/" + name, new HubFile(bytes, bytes.sha256()));
        return URI.create(contentUrl() + "/web/" + name);
    }

    String endpoint() {
        return "http://127.0.0.1:" + hub.getAddress().getPort();
    }

    private String contentUrl() {
        return "http://localhost:" + content.getAddress().getPort();
    }

    List<Request> requests() {
        return requests;
    }

    /** Returns the requests for content, without those for the first bytes. */
    List<Request> parts() {
        return requests.stream()
                .filter(request -> !request.toHub() && !request.range().equals("bytes=0-63"))
                .toList();
    }

    long bytesSent() {
        return bytesSent.get();
    }

    private void handle(HttpExchange exchange, boolean toHub) throws IOException {
        try (exchange) {
            Headers headers = exchange.getRequestHeaders();
            String path = exchange.getRequestURI().getPath();
            requests.add(new Request(
                    toHub,
                    exchange.getRequestMethod(),
                    path,
                    Optional.ofNullable(headers.getFirst("Authorization")).orElse(""),
                    Optional.ofNullable(headers.getFirst("Range")).orElse("")));
            if (!toHub) {
                content(exchange, path.replaceFirst("^/(blobs/)?", ""));
            } else if (path.equals("/stats")) {
                answer(exchange, 200, "{\"bytes\":" + bytesSent + "}");
            } else if (path.startsWith("/api/models")) {
                api(exchange, path);
            } else {
                resolve(exchange, path);
            }
        }
    }

    private void api(HttpExchange exchange, String path) throws IOException {
        Matcher tree = TREE.matcher(path);
        if (faults.listFailures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            refuse(exchange);
        } else if (tree.matches()) {
            Repo repo = repos.get(tree.group(1));
            if (repo == null || repo.hidden && !isAuthorized(exchange)) {
                error(exchange, 401, "RepoNotFound", "Repository not found");
            } else if (!isRevision(tree.group(2))) {
                error(exchange, 404, "RevisionNotFound", "Invalid rev id: " + tree.group(2));
            } else {
                page(exchange, path, List.copyOf(repo.files.entrySet()));
            }
        } else {
            search(exchange);
        }
    }

    private void page(HttpExchange exchange, String path, List<Map.Entry<String, HubFile>> files) throws IOException {
        Matcher cursor = Pattern.compile("cursor=(\\d+)")
                .matcher(exchange.getRequestURI().getQuery());
        int from = cursor.find() ? Integer.parseInt(cursor.group(1)) : 0;
        int to = Math.min(files.size(), from + PAGE);
        if (to < files.size()) {
            exchange.getResponseHeaders()
                    .set("Link", "<" + endpoint() + path + "?recursive=true&cursor=" + to + ">; rel=\"next\"");
        }
        String list = files.subList(from, to).stream()
                .map(file -> "{\"type\":\"file\",\"path\":\"%s\",\"size\":%d,\"lfs\":{\"oid\":\"%s\",\"size\":%d}}"
                        .formatted(
                                file.getKey(),
                                file.getValue().content().size(),
                                file.getValue().sha256(),
                                file.getValue().content().size()))
                .collect(Collectors.joining(",", "[{\"type\":\"directory\",\"path\":\"x\",\"size\":0},", "]"));
        answer(exchange, 200, list.replace(",]", "]"));
    }

    private void search(HttpExchange exchange) throws IOException {
        String query = URLDecoder.decode(exchange.getRequestURI().getQuery(), StandardCharsets.UTF_8);
        answer(
                exchange,
                200,
                repos.keySet().stream()
                        .filter(name -> query.contains("author=" + name.substring(0, name.indexOf('/')) + "&"))
                        .map(name -> "{\"id\":\"" + name + "\"}")
                        .collect(Collectors.joining(",", "[", "]")));
    }

    private void resolve(HttpExchange exchange, String path) throws IOException {
        Matcher matcher = RESOLVE.matcher(path);
        Repo repo = matcher.matches() ? repos.get(matcher.group(1)) : null;
        if (repo == null || repo.hidden && !isAuthorized(exchange)) {
            error(exchange, 401, "RepoNotFound", "Repository not found");
        } else if (repo.gated && !isAuthorized(exchange)) {
            error(exchange, 403, "GatedRepo", "Access to this repo is restricted");
        } else if (!isRevision(matcher.group(2))) {
            error(exchange, 404, "RevisionNotFound", "Invalid rev id");
        } else if (!repo.files.containsKey(matcher.group(3))) {
            error(exchange, 404, "EntryNotFound", "Entry not found");
        } else {
            HubFile file = repo.files.get(matcher.group(3));
            Headers headers = exchange.getResponseHeaders();
            headers.set("X-Repo-Commit", COMMIT);
            headers.set("X-Linked-Size", Long.toString(file.content().size()));
            headers.set("X-Linked-Etag", "\"" + (faults.noChecksums ? "abc" : file.sha256()) + "\"");
            headers.set("Location", contentUrl() + "/blobs/" + file.sha256() + "?signature=x");
            exchange.sendResponseHeaders(302, -1);
        }
    }

    private static boolean isRevision(String name) {
        return name.equals("main") || name.equals("v1") || name.equals(COMMIT);
    }

    private static boolean isAuthorized(HttpExchange exchange) {
        return ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
    }

    private void content(HttpExchange exchange, String id) throws IOException {
        HubFile file = blobs.get(id);
        if (file == null) {
            answer(exchange, 404, "no such file");
            return;
        }
        String asked = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range"))
                .orElse("");
        boolean probe = asked.equals("bytes=0-63");
        if (!probe) {
            faults.beforePart.run();
            file = blobs.get(id);
            if (faults.failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                refuse(exchange);
                return;
            }
        }
        String etag = "\"" + file.sha256() + "\"";
        exchange.getResponseHeaders().set("ETag", etag);
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        Matcher range = RANGE.matcher(asked);
        long size = file.content().size();
        if (faults.ranges && range.matches() && (condition == null || condition.equals(etag))) {
            long start = Long.parseLong(range.group(1));
            long end = range.group(2).isEmpty() ? size - 1 : Math.min(size - 1, Long.parseLong(range.group(2)));
            exchange.getResponseHeaders().set("Content-Range", "bytes " + start + "-" + end + "/" + size);
            exchange.sendResponseHeaders(206, end - start + 1);
            send(exchange, file.content(), start, end + 1, probe);
        } else {
            exchange.sendResponseHeaders(200, size);
            send(exchange, file.content(), 0, size, probe);
        }
    }

    private void send(HttpExchange exchange, TestContent bytes, long start, long end, boolean probe)
            throws IOException {
        boolean breaks = !probe && faults.breaks.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        boolean stalls = !probe && faults.stalls.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        byte[] buffer = new byte[1 << 16];
        long sent = 0;
        try (OutputStream out = exchange.getResponseBody()) {
            for (long at = start; at < end; ) {
                int length = (int) Math.min(buffer.length, end - at);
                if (breaks && sent >= faults.breakAfter) {
                    throw new IOException("the test breaks the connection");
                }
                if (stalls && sent > 0) {
                    out.flush();
                    hold();
                }
                bytes.read(at, buffer, length);
                if (faults.damaged && at + length == bytes.size()) {
                    buffer[length - 1] ^= 1;
                }
                out.write(buffer, 0, length);
                bytesSent.addAndGet(length);
                at += length;
                sent += length;
                throttle(length);
            }
        }
    }

    private void throttle(int bytes) {
        long rate = faults.bytesPerSecond;
        if (rate > 0) {
            try {
                Thread.sleep(bytes * 1000L / rate);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Sends nothing more until the server ends. */
    private void hold() throws IOException {
        try {
            threads.awaitTermination(10, java.util.concurrent.TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void refuse(HttpExchange exchange) throws IOException {
        if (faults.retryAfter != null) {
            exchange.getResponseHeaders().set("Retry-After", faults.retryAfter);
        }
        answer(exchange, faults.status, "not now");
    }

    private static void error(HttpExchange exchange, int status, String code, String message) throws IOException {
        exchange.getResponseHeaders().set("X-Error-Code", code);
        exchange.getResponseHeaders().set("X-Error-Message", message);
        answer(exchange, status, "{\"error\":\"" + message + "\"}");
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
        if (!head) {
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        hub.stop(0);
        content.stop(0);
    }
}
