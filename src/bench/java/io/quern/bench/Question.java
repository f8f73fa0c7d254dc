package io.quern.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A chat request for exactly {@code tokens} tokens, even if the model would end earlier. It uses {@link
 * HttpURLConnection}, which costs the shared cores less than the newer client of Java.
 */
record Question(String text, int tokens, Sampling sampling) {
    private static final Pattern TOKENS = Pattern.compile("\"completion_tokens\": ?(\\d+)");
    private static final int READ_MILLIS = 600_000;
    private static final Pattern DELTA = Pattern.compile("\"content\": ?\"[^\"]");

    /** A greedy request. */
    Question(String text, int tokens) {
        this(text, tokens, Sampling.GREEDY);
    }

    Answer send(Service service) throws IOException {
        byte[] body = """
                {"messages":[{"role":"user","content":"%s"}],"max_tokens":%d,"ignore_eos":true,%s,"stream":true,\
                "stream_options":{"include_usage":true}}""".formatted(text, tokens, sampling.fields()).getBytes(StandardCharsets.UTF_8);
        HttpURLConnection connection =
                (HttpURLConnection) service.uri("/v1/chat/completions").toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setRequestProperty("content-type", "application/json");
        connection.setReadTimeout(READ_MILLIS);
        connection.setDoOutput(true);
        // no fixed length: llama-server closes the connection after a stream without announcing that, and Java repeats
        // a request on such a connection only if it has kept the body
        long sent = System.nanoTime();
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
        return read(connection, sent);
    }

    private Answer read(HttpURLConnection connection, long sent) throws IOException {
        long first = 0;
        int counted = 0;
        boolean done = false;
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (first == 0 && DELTA.matcher(line).find()) {
                    first = System.nanoTime();
                } else if (line.contains("\"completion_tokens\"")) {
                    Matcher usage = TOKENS.matcher(line);
                    counted = usage.find() ? Integer.parseInt(usage.group(1)) : 0;
                }
                done |= line.equals("data: [DONE]");
            }
        }
        if (!done || first == 0 || counted != tokens) {
            throw new IOException("expected " + tokens + " tokens and [DONE], saw " + counted + " tokens and "
                    + (done ? "" : "no ") + "[DONE]");
        }
        return new Answer(sent, first, System.nanoTime(), counted);
    }
}
