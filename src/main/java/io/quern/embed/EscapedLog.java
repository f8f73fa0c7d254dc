package io.quern.embed;

import io.quarkus.runtime.StartupEvent;
import io.quern.text.Printable;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Collections;
import java.util.function.Predicate;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.LogContext;
import org.jboss.logmanager.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps text from elsewhere from controlling the terminal and from forging log entries, no matter who logs it. Such
 * text comes from model files, llama.cpp, workers and clients. The escaping sits between the log's handlers and their
 * formatters, so no call can forget it, and colours of the formatter itself stay. It covers the engine's own entries,
 * and all entries if the engine is the application.
 */
@Singleton
public final class EscapedLog {
    private static final String OWN = "io.quern";

    /** After the application's own observer, which covers all entries. */
    private static final int EARLY = 2;

    void started(@Observes @Priority(EARLY) StartupEvent event) {
        cover(EscapedLog::isOwn);
    }

    /** Escapes all entries of this process from now on. */
    public static void coverAll() {
        cover(any -> true);
    }

    private static boolean isOwn(@Nullable String logger) {
        return logger != null && (logger.equals(OWN) || logger.startsWith(OWN + "."));
    }

    private static void cover(Predicate<String> loggers) {
        LogContext context = LogContext.getLogContext();
        for (String name : Collections.list(context.getLoggerNames())) {
            Logger logger = context.getLoggerIfExists(name);
            if (logger != null) {
                cover(logger.getHandlers(), loggers);
            }
        }
    }

    private static void cover(Handler[] handlers, Predicate<String> loggers) {
        for (Handler handler : handlers) {
            Formatter formatter = handler.getFormatter();
            if (formatter != null && !(formatter instanceof Escaping)) {
                handler.setFormatter(new Escaping(formatter, loggers));
            }
            if (handler instanceof ExtHandler outer) {
                cover(outer.getHandlers(), loggers);
            }
        }
    }

    /** Passes entries with printable texts to another formatter. */
    static final class Escaping extends ExtFormatter {
        private final Formatter formatter;
        private final Predicate<String> loggers;

        /**
         * Wraps a formatter.
         *
         * @param loggers accepts the names of the loggers whose entries are escaped
         */
        Escaping(Formatter formatter, Predicate<String> loggers) {
            this.formatter = formatter;
            this.loggers = loggers;
        }

        @Override
        public String format(ExtLogRecord entry) {
            return formatter.format(loggers.test(entry.getLoggerName()) ? printable(entry) : entry);
        }

        @Override
        public boolean isCallerCalculationRequired() {
            return !(formatter instanceof ExtFormatter ext) || ext.isCallerCalculationRequired();
        }

        private static ExtLogRecord printable(ExtLogRecord entry) {
            String message = entry.getFormattedMessage();
            // no entry of the engine has several lines
            String shown = message == null
                    ? null
                    : isOwn(entry.getLoggerName()) ? Printable.line(message) : Printable.lines(message);
            Throwable thrown = EscapedThrowable.of(entry.getThrown());
            if (shown == message && thrown == entry.getThrown()) {
                return entry;
            }
            ExtLogRecord copy = new ExtLogRecord(entry);
            copy.setMessage(shown, ExtLogRecord.FormatStyle.NO_FORMAT);
            copy.setThrown(thrown);
            return copy;
        }
    }
}
