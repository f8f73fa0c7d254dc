package io.quern.openai;

import io.smallrye.config.SmallRyeConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * Says who can reach the API, and whether clients must authenticate.
 *
 * @param host address that the server listens on
 * @param enabled whether there is an API and a port for it
 * @param keys whether clients must send a key
 * @param certificates whether clients must present a certificate instead
 */
public record OpenAccess(String host, boolean enabled, boolean keys, boolean certificates) {
    private static final String HOST = "quarkus.http.host";
    private static final String ALL_ADDRESSES = "0.0.0.0";

    /**
     * Reads the settings of Quarkus and Quern. An embedding application may protect the API by other means, which are
     * not visible here.
     */
    public static OpenAccess of(SmallRyeConfig config) {
        boolean api =
                config.getOptionalValue(OpenAiConfig.ENABLED, Boolean.class).orElse(true);
        boolean port = config.getOptionalValue("quarkus.http.host-enabled", Boolean.class)
                .orElse(true);
        return new OpenAccess(
                text(config, HOST).orElse(ALL_ADDRESSES),
                api && port,
                ApiKeys.areConfigured(OpenAiConfig.API_KEYS, config),
                isRequired(config)
                        && text(config, "quarkus.http.insecure-requests").equals(Optional.of("disabled")));
    }

    /** Returns a line that says what is open and how to close it, or empty if the API is not open. */
    public Optional<String> warning() {
        if (!enabled || keys || certificates || isLoopback(host)) {
            return Optional.empty();
        }
        return Optional.of("Anyone who can reach " + host + " may use the API: " + HOST + "=" + host
                + " opens it beyond this machine, and " + OpenAiConfig.API_KEYS + " is not set. Set "
                + OpenAiConfig.API_KEYS + ", or " + HOST + "=127.0.0.1.");
    }

    /** Returns who may use the API, as text for people. */
    public String text() {
        if (!enabled) {
            return "no API";
        }
        String who = keys ? "with an API key" : certificates ? "with a certificate" : "without a key";
        return (isLoopback(host) ? "this machine only (" : "other machines too (") + HOST + "=" + host + "), " + who;
    }

    /**
     * Returns whether this is an address of the loopback interface. A name that cannot be resolved does not count as
     * one.
     */
    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean isRequired(SmallRyeConfig config) {
        return text(config, "quern.http.client-auth").equals(Optional.of("required"))
                || text(config, "quarkus.http.ssl.client-auth").equals(Optional.of("required"));
    }

    private static Optional<String> text(SmallRyeConfig config, String key) {
        return config.getOptionalValue(key, String.class)
                .map(value -> value.strip().toLowerCase(java.util.Locale.ROOT));
    }
}
