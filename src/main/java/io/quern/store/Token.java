package io.quern.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The user's token for the hub. It appears in one header only, never in a text. */
final class Token {
    private static final int MAX_FILE_BYTES = 4096;

    private final String value;
    private final String source;

    private Token(String value, String source) {
        this.value = value;
        this.source = source;
    }

    /**
     * Finds the token where the hub's own client looks for it: in the variables {@code HF_TOKEN} and
     * {@code HUGGING_FACE_HUB_TOKEN}, then in the file that its login command writes.
     */
    static Optional<Token> find(Map<String, String> environment, Path file) {
        for (String variable : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
            Optional<Token> token = of(environment.getOrDefault(variable, ""), variable);
            if (token.isPresent()) {
                return token;
            }
        }
        try {
            return Files.isRegularFile(file) && Files.size(file) <= MAX_FILE_BYTES
                    ? of(Files.readString(file, StandardCharsets.UTF_8), file.toString())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Returns a token that can be in a header; a line break would begin another header. */
    private static Optional<Token> of(String text, String source) {
        String value = text.strip();
        return value.isEmpty() || !value.chars().allMatch(c -> c > ' ' && c < 0x7f)
                ? Optional.empty()
                : Optional.of(new Token(value, source));
    }

    /** Returns the value of the header {@code Authorization}. */
    String header() {
        return "Bearer " + value;
    }

    /** Returns the variable or file that contains the token. */
    String source() {
        return source;
    }

    @Override
    public String toString() {
        return "token from " + source;
    }
}
