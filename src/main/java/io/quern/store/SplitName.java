package io.quern.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a part of a model in several files, as llama.cpp's gguf-split writes it:
 * {@code name-00001-of-00003.gguf}.
 *
 * @param prefix the path up to the number of the part
 * @param number from 1
 */
public record SplitName(String prefix, int number, int count) {
    private static final Pattern PATTERN = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    /** Returns the parts of a path, or empty if it is the path of a model in one file. */
    public static Optional<SplitName> of(String path) {
        Matcher matcher = PATTERN.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int number = Integer.parseInt(matcher.group(2));
        int count = Integer.parseInt(matcher.group(3));
        return number >= 1 && number <= count
                ? Optional.of(new SplitName(matcher.group(1), number, count))
                : Optional.empty();
    }

    /** Returns the path of the first part, or the path itself if the model is in one file. */
    static String first(String path) {
        return of(path).map(name -> name.part(1)).orElse(path);
    }

    /** Returns the paths of all parts. */
    List<String> parts() {
        List<String> parts = new ArrayList<>();
        for (int part = 1; part <= count; part++) {
            parts.add(part(part));
        }
        return parts;
    }

    /** Returns the path of another part of the same model. */
    public String part(int part) {
        return "%s-%05d-of-%05d.gguf".formatted(prefix, part, count);
    }
}
