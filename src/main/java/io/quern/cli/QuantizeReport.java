package io.quern.cli;

import io.quern.quantize.Quality;
import io.quern.settings.ByteFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code quantize} has written, as printed in JSON.
 *
 * @param types how many tensors have each type
 * @param sourceType the mix of types of the source, or null if its file does not say
 * @param seconds that quantising took
 * @param check the comparison with the source, or null if there was none
 */
record QuantizeReport(
        String file,
        long bytes,
        String type,
        Map<String, Integer> types,
        String source,
        long sourceBytes,
        @Nullable String sourceType,
        double seconds,
        @Nullable Quality check) {

    /** Returns the same report with a comparison. */
    QuantizeReport with(@Nullable Quality quality) {
        return new QuantizeReport(file, bytes, type, types, source, sourceBytes, sourceType, seconds, quality);
    }

    void print(Output out) {
        out.line(out.good("Written: ") + file + " (" + ByteFormat.of(bytes) + ", in " + text(seconds) + " s)");
        out.line("  tensors: "
                + types.entrySet().stream()
                        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                        .map(one -> one.getValue() + " " + one.getKey())
                        .collect(Collectors.joining(", ")));
        if (check != null) {
            out.line();
            print(out, check);
        }
        out.line();
        out.line("  " + out.name(Commands.name() + " run " + file));
    }

    private void print(Output out, Quality quality) {
        Quality.Side before = quality.source();
        Quality.Side after = quality.result();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("size", ByteFormat.of(sourceBytes), ByteFormat.of(bytes), factor(sourceBytes, bytes)));
        rows.add(row("tokens/s, 1 stream", before.onePerSecond(), after.onePerSecond()));
        rows.add(row("tokens/s, 8 streams", before.eightPerSecond(), after.eightPerSecond()));
        rows.add(row("tokens/s of a prompt", before.promptPerSecond(), after.promptPerSecond()));
        rows.add(List.of(
                "perplexity",
                text(before.perplexity()),
                text(after.perplexity()),
                String.format(Locale.ROOT, "%+.1f%%", (after.perplexity() / before.perplexity() - 1) * 100)));
        out.table(List.of("", "SOURCE", "RESULT", "CHANGE"), rows);
        out.line(String.format(
                Locale.ROOT,
                "The most likely next token is the same at %.1f%% of %d places of a text; mean divergence %.4f nats.",
                quality.sameToken() * 100,
                quality.positions(),
                quality.divergence()));
    }

    private static List<String> row(String name, double before, double after) {
        return List.of(name, text(before), text(after), factor(before, after));
    }

    private static String factor(double before, double after) {
        return String.format(Locale.ROOT, "%.2fx", after / before);
    }

    private static String text(double number) {
        return String.format(Locale.ROOT, number >= 100 ? "%.0f" : "%.1f", number);
    }
}
