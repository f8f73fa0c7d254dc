package io.quern.cli;

import io.quarkus.runtime.configuration.ConfigUtils;
import io.quern.client.ApiKey;
import io.quern.engines.PrivateEngine;
import io.smallrye.config.SmallRyeConfig;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How an engine for one session is started: on free ports of the loopback address, with a key that only this process
 * knows, and otherwise configured like an engine that the user starts here.
 */
record SessionEngine(PrivateEngine.Start start, ApiKey key) {
    private static final int KEY_BYTES = 24;
    private static final String SLOTS = "quern.worker.slots";

    /** @param model the settings of an engine that serves only the model of the session */
    static SessionEngine of(Map<String, String> model, Path log) {
        byte[] random = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(random);
        ApiKey key = new ApiKey("quern-" + HexFormat.of().formatHex(random));
        Map<String, String> settings = OwnCommand.settings();
        settings.putAll(model);
        settings.put("quern.openai.enabled", "true");
        settings.put("quarkus.http.host", "127.0.0.1");
        settings.put("quarkus.http.port", "0");
        settings.put("quarkus.http.insecure-requests", "enabled");
        settings.put("quarkus.management.host", "127.0.0.1");
        settings.put("quarkus.management.port", "0");
        settings.put(ParentWatch.PROPERTY, Long.toString(ProcessHandle.current().pid()));
        if (!model.containsKey(SLOTS) && isUnset(SLOTS)) {
            // one client asks one question at a time; the memory of further slots would be wasted
            settings.put(SLOTS, "1");
        }
        List<String> command = new ArrayList<>(OwnCommand.withoutArguments());
        settings.forEach((name, value) -> command.add("-D" + name + "=" + value));
        // not on the command line, which others can read
        Map<String, String> environment = Map.of("QUERN_OPENAI_API_KEYS", key.value());
        return new SessionEngine(new PrivateEngine.Start(command, environment, Set.of(ApiKey.VARIABLE), log), key);
    }

    private static boolean isUnset(String name) {
        SmallRyeConfig config =
                ConfigUtils.configBuilder().withMappingIgnore("quern.**").build();
        return config.getOptionalValue(name, String.class).isEmpty();
    }
}
