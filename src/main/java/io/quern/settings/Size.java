package io.quern.settings;

import java.util.Locale;

/** A number of bytes as people read it: "512 MiB", "22.5 KiB", "1.9 GiB". */
public final class Size {
    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};

    private Size() {}

    public static String of(long bytes) {
        double number = bytes;
        int unit = 0;
        while (number >= 1024 && unit < UNITS.length - 1) {
            number /= 1024;
            unit++;
        }
        // three digits tell enough; a whole number needs no point
        String digits = number >= 100 || Math.abs(number - Math.rint(number)) < 0.05
                ? Long.toString(Math.round(number))
                : String.format(Locale.ROOT, "%.1f", number);
        return digits + " " + UNITS[unit];
    }
}
