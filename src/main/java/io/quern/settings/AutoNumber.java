package io.quern.settings;

import java.util.OptionalInt;
import org.eclipse.microprofile.config.spi.Converter;
import org.jspecify.annotations.Nullable;

/** Reads a whole number, or {@code auto} for a number that the engine chooses. */
public class AutoNumber implements Converter<OptionalInt> {
    public static final String AUTO = "auto";

    /** Reads such a number where a missing value means that another setting applies. */
    public static final class OfModel extends AutoNumber {
        @Override
        public @Nullable OptionalInt convert(String value) {
            return value.isBlank() ? null : super.convert(value);
        }
    }

    /** Returns the text of a setting. */
    public static String text(OptionalInt number) {
        return number.isPresent() ? Integer.toString(number.getAsInt()) : AUTO;
    }

    @Override
    public @Nullable OptionalInt convert(String value) {
        String text = value.strip();
        if (text.isEmpty() || text.equals(AUTO)) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + value + "\" is not a whole number and not " + AUTO, e);
        }
    }
}
