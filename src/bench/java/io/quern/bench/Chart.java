package io.quern.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Groups of bars, drawn as SVG on a background of its own, so that it is legible on light and dark pages.
 *
 * @param panels the parts of the chart, one below the other
 */
record Chart(String title, String subtitle, List<Panel> panels) {
    private static final int WIDTH = 860;
    private static final int TOP = 76;
    private static final int PANEL = 292;
    private static final int LEFT = 72;
    private static final int RIGHT = WIDTH - 24;

    /** Distances from the top of a panel: the legend, the upper and the lower end of the value axis. */
    private static final int LEGEND = 22;

    private static final int UPPER = 60;
    private static final int LOWER = 226;

    private static final String FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
    private static final String TEXT = "#d6deeb";
    private static final String FAINT = "#93a1b5";
    private static final List<String> COLOURS = List.of("#7fb7ff", "#f2b36b", "#7fd38a", "#d59bf2", "#f28b8b");

    /**
     * One value axis with its groups of bars.
     *
     * @param categories the names of the groups, from left to right
     * @param axis what the groups differ in
     * @param unit the unit of the values
     * @param series the bars of each group
     */
    record Panel(String title, List<String> categories, String axis, String unit, List<Series> series) {
        Panel {
            if (series.isEmpty() || series.size() > COLOURS.size()) {
                throw new IllegalArgumentException(
                        title + ": expected 1 to " + COLOURS.size() + " series, saw " + series.size());
            }
        }

        private double highest() {
            return series.stream()
                    .flatMap(one -> one.values().stream())
                    .filter(value -> !value.isNaN())
                    .mapToDouble(Double::doubleValue)
                    .max()
                    .orElse(1);
        }
    }

    /**
     * Bars of one colour.
     *
     * @param values one for each group, or NaN where there is none
     */
    record Series(String name, List<Double> values) {}

    String svg() {
        int height = TOP + panels.size() * PANEL;
        StringBuilder svg = new StringBuilder(format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " aria-label=\"%s\" font-family=\"%s\">%n",
                WIDTH, height, WIDTH, height, escape(title + ". " + subtitle), FONT));
        svg.append("<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#11171f\"/>\n");
        text(svg, 24, 34, "start", TEXT, 16, title);
        text(svg, 24, 56, "start", FAINT, 12, subtitle);
        for (int i = 0; i < panels.size(); i++) {
            draw(svg, panels.get(i), TOP + i * PANEL);
        }
        return svg.append("</svg>\n").toString();
    }

    private static void draw(StringBuilder svg, Panel panel, int top) {
        text(svg, 24, top + LEGEND, "start", TEXT, 13, panel.title());
        legend(svg, panel.series(), top);
        double step = step(panel.highest());
        double scale = (LOWER - UPPER) / (step * Math.ceil(panel.highest() / step));
        text(svg, 24, top + UPPER - 14, "start", FAINT, 12, panel.unit());
        for (double value = 0; value * scale <= LOWER - UPPER + 0.5; value += step) {
            double y = top + LOWER - value * scale;
            svg.append(format(
                    "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"1\" fill=\"#2a3442\"/>%n", LEFT, y, RIGHT - LEFT));
            text(svg, LEFT - 8, y + 4, "end", FAINT, 12, number(value));
        }
        double group = (double) (RIGHT - LEFT) / panel.categories().size();
        for (int i = 0; i < panel.categories().size(); i++) {
            double middle = LEFT + (i + 0.5) * group;
            bars(svg, panel.series(), i, middle, group, top + LOWER, scale);
            text(
                    svg,
                    middle,
                    top + LOWER + 20,
                    "middle",
                    TEXT,
                    12,
                    panel.categories().get(i));
        }
        text(svg, (LEFT + RIGHT) / 2.0, top + LOWER + 40, "middle", FAINT, 12, panel.axis());
    }

    /** Draws the legend as one text that ends at the right, since the width of a text depends on the reader's font. */
    private static void legend(StringBuilder svg, List<Series> series, int top) {
        svg.append(format(
                "<text x=\"%d\" y=\"%d\" fill=\"%s\" font-size=\"12\" text-anchor=\"end\">",
                RIGHT, top + LEGEND, TEXT));
        for (int i = 0; i < series.size(); i++) {
            svg.append(format(
                    "<tspan fill=\"%s\" dx=\"%d\">\u25a0</tspan><tspan dx=\"6\">%s</tspan>",
                    COLOURS.get(i), i == 0 ? 0 : 16, escape(series.get(i).name())));
        }
        svg.append("</text>\n");
    }

    private static void bars(
            StringBuilder svg, List<Series> series, int index, double middle, double group, int lower, double scale) {
        double width = Math.min(48, group * 0.8 / series.size());
        double x = middle - width * series.size() / 2;
        for (int i = 0; i < series.size(); i++) {
            double value = series.get(i).values().get(index);
            if (!Double.isNaN(value)) {
                double height = value * scale;
                svg.append(format(
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>%n",
                        x + 1, lower - height, width - 2, height, COLOURS.get(i)));
                text(svg, x + width / 2, lower - height - 5, "middle", TEXT, 11, number(value));
            }
            x += width;
        }
    }

    /** Returns the distance of the lines of an axis: 1, 2 or 5 times a power of ten, for at most six lines. */
    private static double step(double highest) {
        double power = Math.pow(10, Math.floor(Math.log10(highest / 5)));
        return Stream.of(1, 2, 5, 10)
                .map(factor -> factor * power)
                .filter(step -> highest / step <= 5)
                .findFirst()
                .orElseThrow();
    }

    private static String number(double value) {
        return value == Math.rint(value) ? format("%.0f", value) : format("%.1f", value);
    }

    private static void text(
            StringBuilder svg, double x, double y, String anchor, String colour, int size, String text) {
        svg.append(format(
                "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\" font-size=\"%d\" text-anchor=\"%s\">%s</text>%n",
                x, y, colour, size, anchor, escape(text)));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }

    private static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
