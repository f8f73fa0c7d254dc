package io.quern.embed;

import io.quern.admission.AdmissionConfig;
import io.quern.admission.MigrationConfig;
import io.quern.admission.PrefixConfig;
import io.quern.device.DeviceConfig;
import io.quern.home.HomeConfig;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.model.ModelConfig;
import io.quern.model.TemplateConfig;
import io.quern.openai.OpenAiConfig;
import io.quern.ops.OpsConfig;
import io.quern.pool.DevConfig;
import io.quern.pool.PoolConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The keys of an engine, embedded or not, by what their values can be. */
final class EngineKeys {
    /** Keys of the application's own that belong to a group below, by name: no mapping of theirs can be seen from here. */
    private static final String OWN_BOOLEAN = "quern.shutdown.when-workers-are-lost";

    private static final String OWN_OPTIONAL = "quern.http.max-connections-per-address";

    /** A path or {@code demo}, and so a text for its mapping. */
    private static final String MODEL = "quern.model";

    static final List<Class<?>> MAPPINGS = List.of(
            ModelConfig.class,
            HomeConfig.class,
            LlamaConfig.class,
            DeviceConfig.class,
            PoolConfig.class,
            DevConfig.class,
            WorkerConfig.class,
            AdmissionConfig.class,
            MigrationConfig.class,
            PrefixConfig.class,
            OpenAiConfig.class,
            TemplateConfig.class,
            OpsConfig.class);

    static final Set<String> ALL;
    static final Set<String> BOOLEANS;
    static final Set<String> OPTIONAL;
    static final Set<String> PATHS;

    static {
        MappedKeys keys = MappedKeys.in(MAPPINGS);
        ALL = keys.all();
        BOOLEANS = with(keys.booleans(), OWN_BOOLEAN);
        OPTIONAL = with(keys.optional(), OWN_OPTIONAL);
        PATHS = with(keys.paths(), MODEL);
    }

    private EngineKeys() {}

    private static Set<String> with(Set<String> keys, String further) {
        return Stream.concat(keys.stream(), Stream.of(further)).collect(Collectors.toUnmodifiableSet());
    }
}
