package io.quern.store;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the name of the quantisation in the path of a file: {@code Qwen3-8B-Q4_K_M.gguf} has {@code Q4_K_M}. */
final class QuantisationName {
    private static final Pattern NAME = Pattern.compile(
            "(?<![A-Z0-9])((?:UD-)?(?:I?Q[1-9](?:_[A-Z0-9]+)*|TQ[12]_0|MXFP4(?:_MOE)?|B?F16|FP16|F32|FP32))(?![A-Z0-9_])");

    private QuantisationName() {}

    /** @param path of a file in a repository; the last name in it counts */
    static Optional<String> in(String path) {
        String first = SplitName.of(path).map(SplitName::prefix).orElse(path).toUpperCase(Locale.ROOT);
        String found = null;
        for (Matcher matcher = NAME.matcher(first); matcher.find(); ) {
            found = matcher.group(1);
        }
        return Optional.ofNullable(found);
    }
}
