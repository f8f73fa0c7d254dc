package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubEnvironmentTest {
    @TempDir
    Path home;

    @Test
    void defaultsAreThoseOfTheHubsClient() {
        HubEnvironment environment = HubEnvironment.of(Map.of(), home);
        assertThat(environment.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        assertThat(environment.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
        assertThat(environment.token()).isEmpty();
        assertThat(environment.offline()).isFalse();
    }

    @Test
    void variablesSelectCacheAndToken() throws IOException {
        Files.createDirectories(home.resolve(".cache/huggingface"));
        Files.writeString(home.resolve(".cache/huggingface/token"), "hf_file\n");
        assertThat(header(Map.of())).isEqualTo("Bearer hf_file");
        assertThat(header(Map.of("HF_TOKEN", " hf_a\n", "HUGGING_FACE_HUB_TOKEN", "hf_b")))
                .isEqualTo("Bearer hf_a");
        assertThat(header(Map.of("HUGGING_FACE_HUB_TOKEN", "hf_b"))).isEqualTo("Bearer hf_b");
        Files.writeString(home.resolve("mine"), "hf_mine");
        assertThat(header(Map.of("HF_TOKEN_PATH", "~/mine"))).isEqualTo("Bearer hf_mine");
        assertThat(HubEnvironment.of(Map.of("HF_HOME", "/x"), home).cache()).isEqualTo(Path.of("/x/hub"));
        assertThat(HubEnvironment.of(Map.of("XDG_CACHE_HOME", "/c"), home).cache())
                .isEqualTo(Path.of("/c/huggingface/hub"));
        assertThat(HubEnvironment.of(Map.of("HF_HUB_CACHE", "/h", "HF_HOME", "/x"), home)
                        .cache())
                .isEqualTo(Path.of("/h"));
        assertThat(HubEnvironment.of(Map.of("HF_HUB_OFFLINE", "True"), home).offline())
                .isTrue();
        assertThat(HubEnvironment.of(Map.of("HF_HUB_OFFLINE", "0"), home).offline())
                .isFalse();
    }

    private String header(Map<String, String> variables) {
        return HubEnvironment.of(variables, home).token().orElseThrow().header();
    }

    @Test
    void tokenWithLineBreakInsideIsNoToken() {
        assertThat(HubEnvironment.of(Map.of("HF_TOKEN", "a\r\nX: y"), home).token())
                .isEmpty();
    }

    @Test
    void onlyTheEndpointGetsTheToken() {
        HubEnvironment environment = HubEnvironment.of(Map.of("HF_TOKEN", "t"), home);
        assertThat(environment.tokenFor(URI.create("https://huggingface.co/x"))).isPresent();
        assertThat(environment.tokenFor(URI.create("https://HUGGINGFACE.co:443/x")))
                .isPresent();
        assertThat(environment.tokenFor(URI.create("http://huggingface.co/x"))).isEmpty();
        assertThat(environment.tokenFor(URI.create("https://huggingface.co:444/x")))
                .isEmpty();
        assertThat(environment.tokenFor(URI.create("https://cdn.huggingface.co/x")))
                .isEmpty();
        assertThat(environment.tokenFor(URI.create("https://huggingface.co.evil.org/x")))
                .isEmpty();
        HubEnvironment mirror = HubEnvironment.of(Map.of("HF_TOKEN", "t", "HF_ENDPOINT", "http://mirror/hub/"), home);
        assertThat(mirror.endpoint()).isEqualTo(URI.create("http://mirror/hub"));
        assertThat(mirror.tokenFor(URI.create("http://mirror/hub/x")))
                .as("anybody on the way could read it")
                .isEmpty();
        assertThat(mirror.withholdsToken()).isTrue();
    }

    @Test
    void endpointMustBeTheUrlOfServer() {
        for (String endpoint : new String[] {"mirror", "ftp://x", "https://me:secret@x", "https://x?y"}) {
            assertThatThrownBy(() -> HubEnvironment.of(Map.of("HF_ENDPOINT", endpoint), home))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("HF_ENDPOINT is not the URL of a server")
                    .hasMessageNotContaining("secret");
        }
    }
}
