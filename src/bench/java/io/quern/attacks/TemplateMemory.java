package io.quern.attacks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A chat template collects lists, each of them within the limits. */
final class TemplateMemory implements Attack {
    private static final String COLLECTS = "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}"
            + "{% set ns.l = ns.l + [range(90000) | list] %}{% endfor %}";

    @Override
    public String name() {
        return "template-memory";
    }

    @Override
    public String tries() {
        return "A model file's chat template collects lists. The engine's heap should not fill up.";
    }

    @Override
    public Finding run(Target target) throws Exception {
        Path model = MaliciousModel.withTemplate(target.newFolder("model").resolve("large.gguf"), COLLECTS);
        try (Victim victim = target.launch(List.of(), Map.of("QUERN_MODEL", model.toString()))) {
            victim.awaitCompletions();
            double before = victim.residentMebibytes();
            List<String> answers = TemplateSteps.chats(victim);
            // Refused by the limit, before the heap was full.
            long refused = answers.stream()
                    .filter(answer -> answer.contains("quern.template.max-memory"))
                    .count();
            boolean healthy = victim.process().isAlive() && victim.health(Duration.ofSeconds(5)) == 200;
            return Finding.of(
                    healthy && refused == answers.size(),
                    "%d of %d chats refused for their memory, healthy: %s; %.0f MiB before, %.0f after",
                    refused,
                    answers.size(),
                    healthy,
                    before,
                    healthy ? victim.residentMebibytes() : 0);
        }
    }
}
