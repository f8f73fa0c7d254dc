package io.quern.attacks;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A model file puts control characters into the log, for the terminal of its reader. */
final class TerminalEscapes implements Attack {
    private static final String FORGED = "2026-01-01 00:00:00,000 INFO  [io.quern.cli.Engine] (main) all is well";

    @Override
    public String name() {
        return "terminal-escapes";
    }

    @Override
    public String tries() {
        return "A model file's chat template clears the screen, reverses the text and forges a log line"
                + " when an error quotes it."
                + " The log should show escapes instead.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        String template = "{{ 'a' '\u001b[2J\u009b31m\u202e\n" + FORGED + "\n' ! }}";
        Path model = MaliciousModel.withTemplate(target.newFolder("model").resolve("loud.gguf"), template);
        try (Victim victim = target.launch(List.of(), Map.of("QUERN_MODEL", model.toString()))) {
            victim.awaitCompletions();
            TemplateSteps.chats(victim);
            String log = victim.log();
            boolean quoted = log.contains("loud chats will be refused");
            long raw = log.chars()
                    .filter(c -> c == 0x1b || c == 0x9b || c == 0x202e)
                    .count();
            boolean forged = log.lines().anyMatch(FORGED::equals);
            if (!quoted) {
                throw new IllegalStateException("the log does not mention the template");
            }
            return Finding.of(
                    raw == 0 && !forged, "the log contains %d control characters; forged line: %s", raw, forged);
        }
    }
}
