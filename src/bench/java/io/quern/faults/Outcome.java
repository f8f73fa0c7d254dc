package io.quern.faults;

import java.util.ArrayList;
import java.util.List;

/**
 * The result of one fault: its repetitions, the measurements, and each broken promise with what was expected and seen.
 */
final class Outcome {
    private static final int SHOWN_FAILURES = 5;

    private final int times;
    private final List<String> figures = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    Outcome(int times) {
        this.times = times;
    }

    Outcome figure(String format, Object... values) {
        figures.add(format.formatted(values));
        return this;
    }

    Outcome expect(boolean kept, String format, Object... values) {
        if (!kept) {
            fail(format.formatted(values));
        }
        return this;
    }

    void fail(String expectedAndSeen) {
        failures.add(expectedAndSeen);
        System.out.println("  BROKEN: " + expectedAndSeen);
    }

    /** Expects each answer to equal its undisturbed one. */
    void compare(List<StreamedAnswer> answers, List<StreamedAnswer> undisturbed) {
        for (int i = 0; i < answers.size(); i++) {
            String difference = answers.get(i).difference(undisturbed.get(i));
            expect(difference == null, "%s", difference);
        }
    }

    /** Expects memory, in MiB, to grow by at most {@code growth}. */
    void memory(String of, double before, double after, double growth) {
        figure("%s memory %.0f MiB, later %.0f", of, before, after);
        expect(
                after <= before + growth,
                "expected the %s to use at most %.0f MiB more than %.0f, saw %.0f",
                of,
                growth,
                before,
                after);
    }

    boolean passed() {
        return failures.isEmpty();
    }

    /** Returns the row of the table without its first two cells. */
    String row() {
        String seen = String.join("; ", figures);
        if (!passed()) {
            seen += (seen.isEmpty() ? "" : "; ") + "**" + failures.size() + " broken**: "
                    + String.join("; ", failures.subList(0, Math.min(SHOWN_FAILURES, failures.size())));
        }
        return "%d | %s | %s |"
                .formatted(
                        times,
                        passed() ? "passed" : "FAILED",
                        seen.replace("|", "\\|").replace("\n", " "));
    }
}
