package io.quern.pacing;

import io.quern.bench.Service;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A streamed completion that runs until its last token, or until it is closed. */
final class Completion implements AutoCloseable {
    private static final int LIMIT_SECONDS = 600;
    private static final Pattern TEXT = Pattern.compile("\"text\": ?\"[^\"]");
    private static final Pattern PROMPT_TOKENS = Pattern.compile("\"prompt_tokens\": ?(\\d+)");

    private final HttpURLConnection connection;
    private final long sent;
    private final List<Long> chunks = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Integer> promptTokens = new CompletableFuture<>();

    private Completion(HttpURLConnection connection, long sent) {
        this.connection = connection;
        this.sent = sent;
    }

    /** Sends the request and reads the answer on a thread of its own. */
    static Completion start(Service service, String prompt, int tokens) throws IOException {
        byte[] body = """
                {"prompt":"%s","max_tokens":%d,"ignore_eos":true,"temperature":0,"stream":true,\
                "stream_options":{"include_usage":true}}""".formatted(prompt, tokens).getBytes(StandardCharsets.UTF_8);
        HttpURLConnection connection =
                (HttpURLConnection) service.uri("/v1/completions").toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setRequestProperty("content-type", "application/json");
        connection.setReadTimeout((int) TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
        connection.setDoOutput(true);
        // no fixed length, since llama-server closes connections unannounced; see Question
        Completion completion = new Completion(connection, System.nanoTime());
        Thread.ofVirtual().start(() -> completion.run(body));
        return completion;
    }

    private void run(byte[] body) {
        try {
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    long now = System.nanoTime();
                    Matcher usage = PROMPT_TOKENS.matcher(line);
                    if (TEXT.matcher(line).find()) {
                        chunks.add(now);
                    }
                    if (usage.find()) {
                        promptTokens.complete(Integer.parseInt(usage.group(1)));
                    }
                }
            }
            promptTokens.completeExceptionally(new IOException("the answer has no usage"));
        } catch (IOException e) {
            promptTokens.completeExceptionally(e);
        }
    }

    /** Returns the number of chunks with text so far. */
    int chunks() {
        return chunks.size();
    }

    /** Fails if the answer has ended, with an error or without. */
    void expectRunning() {
        if (promptTokens.isDone()) {
            throw new IllegalStateException("a stream ended too early, after " + chunks.size() + " chunks: "
                    + promptTokens
                            .handle((tokens, failure) -> String.valueOf(failure))
                            .join());
        }
    }

    /** Waits for the end of the answer, and returns the number of tokens of the prompt. */
    int promptTokens() throws Exception {
        return promptTokens.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Returns when the first text came. */
    long firstText() {
        return chunks.getFirst();
    }

    double millisToFirstText() {
        return (firstText() - sent) / 1e6;
    }

    /** Adds the milliseconds between two chunks, for all of them that end within this time. */
    void gaps(long from, long to, List<Double> into) {
        for (int i = 1; i < chunks.size(); i++) {
            long at = chunks.get(i);
            if (at > from && at <= to) {
                into.add((at - chunks.get(i - 1)) / 1e6);
            }
        }
    }

    @Override
    public void close() {
        connection.disconnect();
    }
}
