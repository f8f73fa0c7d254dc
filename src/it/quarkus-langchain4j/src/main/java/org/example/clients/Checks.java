package org.example.clients;

import dev.langchain4j.agent.tool.Tool;
import io.quarkiverse.langchain4j.RegisterAiService;
import io.quarkiverse.langchain4j.ToolBox;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.smallrye.mutiny.Multi;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.control.ActivateRequestContext;
import jakarta.inject.Inject;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/** Checks the engine with AI services. Prints a line per check; the exit code is the number of failures. */
@QuarkusMain
public class Checks implements QuarkusApplication {
    private static final String QUESTION = "What is a fork server?";

    /** Few values, because the demo model writes texts and numbers without end. */
    public enum Day {
        MONDAY,
        FRIDAY
    }

    /** An answer in the form of a record. */
    public record Event(Day day, boolean open) {}

    /** What the extension implements. */
    @RegisterAiService
    public interface Assistant {
        String chat(String question);

        Multi<String> stream(String question);

        Event event(String text);

        @ToolBox(Weather.class)
        String chatWithTools(String question);
    }

    /** The tool of the last check. */
    @ApplicationScoped
    public static class Weather {
        final AtomicInteger asked = new AtomicInteger();

        @Tool("Returns the weather of a city.")
        public String weather(String city) {
            asked.incrementAndGet();
            return "sunny";
        }
    }

    @Inject
    Assistant assistant;

    private int failed;

    @Override
    @ActivateRequestContext
    public int run(String... arguments) {
        check("chat", () -> !assistant.chat(QUESTION).isBlank());
        check("stream", () -> {
            String streamed = String.join(
                    "", assistant.stream(QUESTION).collect().asList().await().indefinitely());
            return streamed.equals(assistant.chat(QUESTION));
        });
        check("record", () -> assistant.event("The fair opens on Friday.") != null);
        check("tools", () -> assistant.chatWithTools(QUESTION) != null);
        return failed;
    }

    private void check(String name, Callable<Boolean> body) {
        try {
            if (!body.call()) {
                throw new IllegalStateException("a wrong answer");
            }
            System.out.println("ok " + name);
        } catch (Exception e) {
            failed++;
            System.out.println("FAILED " + name + " " + e);
        }
    }
}
