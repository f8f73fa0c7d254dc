package io.quern.ops;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A scrape in Prometheus' text format by a client that sends only the header Host. Any other format is an error. */
record PrometheusText(String contentType, Map<String, String> types, Map<String, List<Sample>> samples) {
    private static final Pattern TYPE =
            Pattern.compile("# TYPE ([a-zA-Z_:][\\w:]*) (counter|gauge|histogram|summary|untyped)");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]\\w*)=\"((?:[^\"\\\\]|\\\\.)*)\",?");

    record Sample(Map<String, String> labels, double value) {}

    static PrometheusText get(int port, String path) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String[] parts = answer.split("\r\n\r\n", 2);
            Matcher type = Pattern.compile("(?im)^content-type: *(.*?)\r?$").matcher(parts[0]);
            if (!parts[0].contains(" 200 ") || !type.find()) {
                throw new IllegalStateException(parts[0]);
            }
            return parse(type.group(1), parts[1]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PrometheusText parse(String contentType, String body) {
        Map<String, String> types = new HashMap<>();
        Map<String, List<Sample>> samples = new HashMap<>();
        for (String line : body.split("\n")) {
            if (line.startsWith("# TYPE ")) {
                Matcher type = matched(TYPE, line);
                types.put(type.group(1), type.group(2));
            } else if (!line.isEmpty() && !line.startsWith("#")) {
                Matcher sample = matched(SAMPLE, line);
                Map<String, String> labels = new HashMap<>();
                Matcher label = LABEL.matcher(sample.group(2) == null ? "" : sample.group(2));
                while (label.find()) {
                    labels.put(label.group(1), label.group(2));
                }
                samples.computeIfAbsent(sample.group(1), name -> new ArrayList<>())
                        .add(new Sample(
                                labels, Double.parseDouble(sample.group(3).replace("+Inf", "Infinity"))));
            }
        }
        return new PrometheusText(contentType, types, samples);
    }

    private static Matcher matched(Pattern pattern, String line) {
        Matcher matcher = pattern.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalStateException("not in the text format: " + line);
        }
        return matcher;
    }

    String type(String name) {
        return types.get(name);
    }

    /** Returns the sample of a metric with one series. */
    Sample only(String name) {
        List<Sample> all = samples.getOrDefault(name, List.of());
        if (all.size() != 1) {
            throw new IllegalStateException(name + ": " + all);
        }
        return all.getFirst();
    }
}
