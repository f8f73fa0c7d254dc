package io.quern.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.Locale;

/** Python's strftime in the C locale, with the directives that templates use. */
final class Strftime {
    private Strftime() {}

    static String format(ZonedDateTime time, String format) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            boolean unpadded = directive == '-' && i + 1 < format.length();
            if (unpadded) {
                directive = format.charAt(++i);
            }
            String text = directive(time, directive);
            out.append(unpadded && text.length() > 1 ? text.replaceFirst("^0+(?=.)", "") : text);
        }
        return out.toString();
    }

    private static String directive(ZonedDateTime time, char directive) {
        return switch (directive) {
            case 'Y' -> Integer.toString(time.getYear());
            case 'y' -> pattern(time, "uu");
            case 'm' -> pattern(time, "MM");
            case 'd' -> pattern(time, "dd");
            case 'e' -> String.format("%2d", time.getDayOfMonth());
            case 'j' -> pattern(time, "DDD");
            case 'H' -> pattern(time, "HH");
            case 'I' -> pattern(time, "hh");
            case 'M' -> pattern(time, "mm");
            case 'S' -> pattern(time, "ss");
            case 'f' -> pattern(time, "SSSSSS");
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' -> time.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
            case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
            case 'F' -> pattern(time, "uuuu-MM-dd");
            case 'T', 'X' -> pattern(time, "HH:mm:ss");
            case 'R' -> pattern(time, "HH:mm");
            case 'D', 'x' -> pattern(time, "MM/dd/uu");
            case 'z', 'Z' -> "";
            case '%' -> "%";
            default -> throw new TemplateError("strftime_now does not support %" + directive);
        };
    }

    private static String pattern(ZonedDateTime time, String pattern) {
        return time.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
    }
}
