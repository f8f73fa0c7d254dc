package io.quern.cli;

import io.quern.settings.ByteFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Prints engines and their workers for people: as a table, or as a few lines for each worker where a table does not
 * fit.
 *
 * @param width columns of the terminal
 */
record StatusTable(Output out, int width) {
    private static final List<String> HEADER =
            List.of("WORKER", "PID", "MODEL", "STATE", "SLOTS", "TOKENS/S", "RSS", "PSS", "RESTARTS");

    private static final String UNKNOWN = "-";
    private static final int GAP = 2;

    void print(List<EngineStatus> engines) {
        boolean first = true;
        for (EngineStatus engine : engines) {
            if (!first) {
                out.line();
            }
            first = false;
            print(engine);
        }
    }

    private void print(EngineStatus engine) {
        String name = engine.pid() == null ? "engine" : "engine " + engine.pid();
        String where = engine.api() != null ? engine.api() : text(engine.management());
        if (engine.problem() != null) {
            out.line(out.bold(name) + "  " + where);
            out.line("  " + out.bad("not reachable: " + engine.problem()));
            return;
        }
        out.line(out.bold(name) + "  " + where);
        String state = text(engine.state());
        out.line("  " + (state.equals("ready") ? out.good(state) : out.warning(state))
                + (engine.reason() == null || state.equals("ready") ? "" : ": " + engine.reason())
                + ", " + engine.running() + " running, " + engine.waiting() + " waiting"
                + (engine.residentBytes() == null ? "" : ", RSS " + bytes(engine.residentBytes()))
                + (engine.ownedBy() == null ? "" : ", ends with process " + engine.ownedBy()));
        List<List<String>> rows =
                engine.workers().stream().map(StatusTable::row).toList();
        if (tableWidth(rows) <= width) {
            out.table(HEADER, rows);
        } else {
            engine.workers().forEach(this::lines);
        }
    }

    private static List<String> row(EngineStatus.Worker worker) {
        return List.of(
                worker.id() == null ? UNKNOWN : worker.id().toString(),
                worker.pid() == null ? UNKNOWN : worker.pid().toString(),
                worker.model().isEmpty() ? UNKNOWN : worker.model(),
                state(worker),
                worker.busySlots() + "/" + worker.slots(),
                rate(worker),
                bytes(worker.residentBytes()),
                bytes(worker.proportionalBytes()),
                Integer.toString(worker.restarts()));
    }

    /** For a narrow terminal. */
    private void lines(EngineStatus.Worker worker) {
        out.line(
                "worker " + worker.id() + (worker.pid() == null ? "" : ", pid " + worker.pid()) + ", " + state(worker));
        if (!worker.model().isEmpty()) {
            out.line("  " + worker.model());
        }
        out.line("  slots " + worker.busySlots() + "/" + worker.slots() + ", " + rate(worker) + " tokens/s");
        out.line("  RSS " + bytes(worker.residentBytes()) + ", PSS " + bytes(worker.proportionalBytes()));
    }

    private static int tableWidth(List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>(rows);
        all.add(HEADER);
        int total = 0;
        for (int i = 0; i < HEADER.size(); i++) {
            int column = i;
            total += GAP
                    + all.stream()
                            .mapToInt(row -> row.get(column).length())
                            .max()
                            .orElse(0);
        }
        return total;
    }

    private static String state(EngineStatus.Worker worker) {
        return worker.state().equals("starting") && worker.detail() != null
                ? worker.state() + " (" + worker.detail() + ")"
                : worker.state();
    }

    private static String rate(EngineStatus.Worker worker) {
        return worker.tokensPerSecond() == null
                ? UNKNOWN
                : String.format(Locale.ROOT, "%.1f", worker.tokensPerSecond());
    }

    private static String bytes(@Nullable Long bytes) {
        return bytes == null ? UNKNOWN : ByteFormat.of(bytes);
    }

    private static String text(@Nullable String text) {
        return text == null ? UNKNOWN : text;
    }
}
