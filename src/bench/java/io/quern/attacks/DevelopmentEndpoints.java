package io.quern.attacks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Requests endpoints that only development mode has from a packaged engine. */
final class DevelopmentEndpoints implements Attack {
    private static final List<String> PATHS = List.of(
            "/q/quern/faults",
            "/q/dev-ui",
            "/q/dev-ui/json-rpc-ws",
            "/q/quern/dev-ui.js",
            "/q/swagger-ui",
            "/q/arc/beans",
            "/q/logging-manager");

    @Override
    public String name() {
        return "development-endpoints";
    }

    @Override
    public String tries() {
        return "A client looks for fault injection, Dev UI and Swagger on both ports. They should not exist.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.shared();
        List<String> existing = new ArrayList<>();
        Set<URI> addresses = new LinkedHashSet<>();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (String path : PATHS) {
                addresses.add(victim.uri(path));
                addresses.add(victim.management(path));
            }
            for (URI uri : addresses) {
                for (String method : List.of("GET", "POST")) {
                    HttpRequest request = HttpRequest.newBuilder(uri)
                            .header("content-type", "application/json")
                            .header("authorization", "Bearer " + Victim.KEY)
                            .method(method, HttpRequest.BodyPublishers.ofString("{\"fault\":\"kill\"}"))
                            .build();
                    int status = client.send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode();
                    // 405 is fine: the class exists, but GET, the method that it would answer, gets 404.
                    if (status != 404 && status != 405) {
                        existing.add(method + " " + uri.getPath() + ": " + status);
                    }
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return Finding.of(existing.isEmpty(), "%d addresses tried, existing: %s", addresses.size(), existing);
    }
}
