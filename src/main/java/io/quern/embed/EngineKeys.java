package io.quern.embed;

import io.quern.admission.AdmissionConfig;
import io.quern.admission.MigrationConfig;
import io.quern.admission.PrefixConfig;
import io.quern.admission.TokenizeConfig;
import io.quern.catalog.CatalogConfig;
import io.quern.catalog.ModelsConfig;
import io.quern.device.DeviceConfig;
import io.quern.grammar.GrammarConfig;
import io.quern.home.HomeConfig;
import io.quern.launch.WorkerConfig;
import io.quern.libraries.LlamaConfig;
import io.quern.model.ModelConfig;
import io.quern.model.TemplateConfig;
import io.quern.openai.OpenAiConfig;
import io.quern.ops.OpsConfig;
import io.quern.pool.DevConfig;
import io.quern.pool.PoolConfig;
import io.quern.pool.PrefixStoreConfig;
import io.quern.store.StoreConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lists the keys of an engine, embedded or not, grouped by the kind of their values. */
final class EngineKeys {
    /**
     * Keys of the stand-alone application that belong to a group below. They are listed by name, because this room
     * cannot see their mappings.
     */
    private static final List<String> OWN_BOOLEANS =
            List.of("quern.shutdown.when-workers-are-lost", "quern.calibration.enabled");

    private static final List<String> OWN_OPTIONALS = List.of("quern.http.max-connections-per-address");

    /** A path or {@code demo}, so the mappings have the type of a text. */
    private static final List<String> MODELS = List.of("quern.model", "quern.models.*.model");

    static final List<Class<?>> MAPPINGS = List.of(
            ModelConfig.class,
            ModelsConfig.class,
            CatalogConfig.class,
            HomeConfig.class,
            StoreConfig.class,
            LlamaConfig.class,
            DeviceConfig.class,
            PoolConfig.class,
            DevConfig.class,
            WorkerConfig.class,
            AdmissionConfig.class,
            MigrationConfig.class,
            PrefixConfig.class,
            PrefixStoreConfig.class,
            TokenizeConfig.class,
            GrammarConfig.class,
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
        BOOLEANS = with(keys.booleans(), OWN_BOOLEANS);
        OPTIONAL = with(keys.optional(), OWN_OPTIONALS);
        PATHS = with(keys.paths(), MODELS);
    }

    private EngineKeys() {}

    private static Set<String> with(Set<String> keys, List<String> further) {
        return Stream.concat(keys.stream(), further.stream()).collect(Collectors.toUnmodifiableSet());
    }
}
