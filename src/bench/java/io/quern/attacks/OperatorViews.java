package io.quern.attacks;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Requests what is meant for operators: on the port of the API without a key, and on the management port as if from
 * another machine.
 */
final class OperatorViews implements Attack {
    private static final List<String> PATHS =
            List.of("/q/quern/pool", "/q/quern/decision", "/q/metrics", "/metrics", "/q/health");

    private static final Pattern FOLDER = Pattern.compile("\"[^\"]*(?<![\\w/.:])/(?:\\w[^\\s/\"]*/)+[^\"]*\"");

    @Override
    public String name() {
        return "operators-views";
    }

    @Override
    public String tries() {
        return "A client requests what the engine shows to operators."
                + " The API's port should not serve it, and another machine should not see the names of folders.";
    }

    @Override
    public Finding run(Target target) throws IOException {
        Victim victim = target.shared();
        List<String> served = new ArrayList<>();
        for (String path : PATHS) {
            if (get(victim.uri(path)).status == 200) {
                served.add(path);
            }
        }
        List<String> folders = new ArrayList<>();
        for (String path : List.of("/q/quern/pool", "/q/quern/decision")) {
            FOLDER.matcher(get(victim.management(path)).body)
                    .results()
                    .map(match -> match.group())
                    .forEach(folders::add);
        }
        return Finding.of(
                served.isEmpty() && folders.isEmpty(),
                "the API's port serves %s; folders shown to another machine: %s",
                served.isEmpty() ? "none" : served,
                folders.isEmpty() ? "none" : folders.size() + ", such as " + folders.getFirst());
    }

    private record Answer(int status, String body) {}

    private static Answer get(URI uri) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setConnectTimeout(5_000);
        connection.setReadTimeout(5_000);
        // As a proxy reports a client on another machine.
        connection.setRequestProperty("x-forwarded-for", "10.0.0.1");
        int status = connection.getResponseCode();
        try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Answer(status, in == null ? "" : new String(in.readAllBytes()));
        }
    }
}
