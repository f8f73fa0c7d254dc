package io.quern.faults;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** {@code quern.home} is on a file system mounted noexec, so neither the launcher nor llama.cpp can run from there. */
final class Noexec extends RefusedStart {
    @Override
    public String name() {
        return "noexec";
    }

    @Override
    public boolean concerns(String method) {
        return !method.equals("fork");
    }

    @Override
    List<String> wrapper(Path home) {
        return Restricted.noexec(home);
    }

    @Override
    Pattern reason() {
        return Pattern.compile("Cannot start workers: QUERN_HOME is on a file system mounted noexec");
    }
}
