package io.quern.cli;

import io.quarkus.runtime.StartupEvent;
import io.quern.embed.EscapedLog;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Escapes the whole log, since this process belongs to the engine. */
@Singleton
final class WholeLog {
    private static final int FIRST = 1;

    void started(@Observes @Priority(FIRST) StartupEvent event) {
        EscapedLog.coverAll();
    }
}
