package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.quern.client.ClientException;
import io.quern.client.Endpoint;
import io.quern.client.OpenAiClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests https connections to a server whose certificate no public authority has signed. */
class AuthoritiesTest {
    private static final String MODELS = "{\"data\":[{\"id\":\"remote\"}]}";
    private static final char[] PASSWORD = "secret".toCharArray();

    @TempDir
    static Path folder;

    private static Path certificate;
    private static HttpsServer server;

    @BeforeAll
    static void serve() throws Exception {
        Path store = folder.resolve("server.p12");
        keytool("-genkeypair -alias server -keyalg EC -dname CN=quern-test -ext san=ip:127.0.0.1 -validity 30"
                + " -storetype PKCS12 -storepass secret -keystore " + store);
        certificate = folder.resolve("ca.pem");
        keytool("-exportcert -rfc -alias server -storepass secret -keystore " + store + " -file " + certificate);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            byte[] body = MODELS.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    private static void keytool(String arguments) throws Exception {
        Process process = new ProcessBuilder((System.getProperty("java.home") + "/bin/keytool " + arguments).split(" "))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(Files.readString(folder.resolve("keytool.log")))
                .isZero();
    }

    @AfterAll
    static void stop() {
        server.stop(0);
    }

    private static URI url() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    }

    private static String get(Optional<SSLContext> tls) throws IOException, InterruptedException {
        HttpClient.Builder builder = HttpClient.newBuilder();
        tls.ifPresent(builder::sslContext);
        try (HttpClient client = builder.build()) {
            return client.send(HttpRequest.newBuilder(url()).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    void namedAuthorityIsTrustedAndNoOther() throws Exception {
        assertThat(Authorities.find(null, Map.of())).isEmpty();
        assertThatThrownBy(() -> get(Optional.empty())).isInstanceOf(SSLException.class);
        for (String variable : List.of("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")) {
            assertThat(get(Authorities.find(null, Map.of(variable, certificate.toString()))))
                    .isEqualTo(MODELS);
        }
        // a bundle as distributions have them, with comments that begin like binary data
        Path bundle = Files.writeString(
                folder.resolve("bundle.pem"), "0 = an authority\n" + Files.readString(certificate) + "\n# end\n");
        assertThat(get(Authorities.find(bundle, Map.of("SSL_CERT_FILE", "/none"))))
                .isEqualTo(MODELS);
    }

    @Test
    void serviceWithOwnAuthorityIsReached() throws Exception {
        Endpoint endpoint = new Endpoint(url(), Optional.empty());
        Duration silence = Duration.ofMinutes(1);
        try (OpenAiClient client = new OpenAiClient(endpoint, silence, Authorities.find(certificate, Map.of()))) {
            assertThat(client.models()).containsExactly("remote");
        }
        try (OpenAiClient client = new OpenAiClient(endpoint, silence)) {
            assertThatThrownBy(client::models)
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("pass that by --ca-file");
        }
    }

    @Test
    void unusableFileIsExplained() throws Exception {
        fails(Path.of("/none.pem"), "it cannot be read");
        fails(folder, "it is a folder");
        fails(Files.writeString(folder.resolve("empty.pem"), "nothing\n"), "contains no certificate");
        fails(
                Files.writeString(
                        folder.resolve("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                "a certificate in it is damaged");
    }

    private static void fails(Path file, String why) {
        assertThatThrownBy(() -> Authorities.find(null, Map.of("SSL_CERT_FILE", file.toString())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Cannot use the certificates of SSL_CERT_FILE (" + file + "): ")
                .hasMessageContaining(why);
    }
}
