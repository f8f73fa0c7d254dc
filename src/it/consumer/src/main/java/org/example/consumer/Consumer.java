package org.example.consumer;

import io.quarkus.runtime.QuarkusApplication;
import io.quern.embed.QuernEngine;
import io.quern.generation.GenerationEvent;
import io.quern.generation.SamplingOptions;
import io.quern.model.ChatMessage;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Answers its argument on the main thread, then runs until its standard input ends. */
public class Consumer implements QuarkusApplication {
    @Inject
    QuernEngine engine;

    @Override
    public int run(String... args) throws IOException {
        engine.whenReady().await().atMost(Duration.ofSeconds(60));
        System.out.println("method: " + engine.decision().method());
        StringBuilder answer = new StringBuilder();
        engine.chat(List.of(new ChatMessage("user", args[0])), SamplingOptions.greedy(), 0)
                .subscribe()
                .asStream()
                .forEach(event -> {
                    switch (event) {
                        case GenerationEvent.PromptLogprobs prompt -> {}
                        case GenerationEvent.Token token -> answer.append(token.text());
                        case GenerationEvent.Finished finished ->
                            System.out.println("tokens: " + finished.usage().completionTokens());
                        case GenerationEvent.Failed failed -> throw new IllegalStateException(failed.toString());
                    }
                });
        System.out.println("answer: " + answer);
        System.in.transferTo(System.out);
        return 7;
    }
}
