package io.quern.settings;

import java.util.Locale;

/** Formats a number of bytes for people: "512 MiB", "22.5 KiB", "1.90 GiB". */
public final class ByteFormat {
    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};

    private ByteFormat() {}

    public static String of(long bytes) {
        int unit = 0;
        long one = 1;
        while (bytes / one >= 1024 && unit < UNITS.length - 1) {
            one *= 1024;
            unit++;
        }
        double number = (double) bytes / one;
        // three significant digits are enough; a whole number needs no decimals
        int decimals = bytes % one == 0 || number >= 100 ? 0 : number >= 10 ? 1 : 2;
        String digits = String.format(Locale.ROOT, "%." + decimals + "f", number);
        return digits + " " + UNITS[unit];
    }
}
