package io.quern.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.catalog.ModelEvent;
import io.quern.catalog.ModelView;
import io.quern.launch.Guard;
import io.quern.model.TextStability;
import io.quern.policy.Decision;
import io.quern.pool.Distribution;
import io.quern.pool.DraftTokens;
import io.quern.pool.MemoryView;
import io.quern.pool.PoolEvent;
import io.quern.pool.PoolView;
import io.quern.topology.Topology;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the views as JSON for people: indented, with enums in lower case as in the configuration, and times in ISO
 * 8601.
 */
@RegisterForReflection(
        targets = {
            PoolPage.class,
            PoolView.class,
            MemoryView.class,
            Distribution.class,
            Distribution.Measured.class,
            TextStability.class,
            Guard.class,
            PoolEvent.class,
            PoolEvents.Migration.class,
            PoolView.WorkerView.class,
            DraftTokens.class,
            ModelView.class,
            ModelEvent.class,
            ModelDecision.class,
            ModelDecision.Decisions.class,
            PoolEvents.WorkerEvent.class,
            Decision.class,
            Decision.Rule.class,
            Decision.Rejection.class,
            Decision.Revision.class,
            Topology.class,
            Topology.Reason.class,
        })
public final class OpsJson {
    /** A mapper of its own, because an embedding application may have changed Quarkus' mapper. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            // people read them in terminals, which obey more characters than JSON escapes by default
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .build();

    private static final ObjectWriter INDENTED = MAPPER.writerWithDefaultPrettyPrinter();

    private OpsJson() {}

    /** Returns an error in OpenAI's format. */
    public static String error(String message, String type, @Nullable String code) {
        Map<String, String> error = new LinkedHashMap<>();
        error.put("message", message);
        error.put("type", type);
        error.put("param", null);
        error.put("code", code);
        return write(Map.of("error", error));
    }

    /** Returns a record as indented JSON, with a line break at the end. */
    public static String write(Object view) {
        return write(view, true);
    }

    /**
     * Returns a record as indented JSON, with a line break at the end.
     *
     * @param all whether to include folders and the output of workers
     */
    static String write(Object view, boolean all) {
        return write(INDENTED, all ? view : PublicView.of(MAPPER.valueToTree(view))) + "\n";
    }

    /**
     * Returns a record as JSON in one line.
     *
     * @param all whether to include folders and the output of workers
     */
    static String line(Object view, boolean all) {
        return write(MAPPER.writer(), all ? view : PublicView.of(MAPPER.valueToTree(view)));
    }

    private static String write(ObjectWriter writer, Object view) {
        try {
            return writer.writeValueAsString(view);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("views are records of plain values", e);
        }
    }
}
