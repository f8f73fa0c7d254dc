package org.example.consumer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import io.quern.embed.QuernEngine;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@QuarkusTest
class QuestionsTest {
    @Inject
    QuernEngine engine;

    @Test
    void questionIsAnswered() {
        engine.whenReady().await().atMost(Duration.ofSeconds(120));
        String answer = engine.answer("What is a fork server?").await().atMost(Duration.ofSeconds(120));
        assertTrue(answer.contains("process"), answer);
    }
}
