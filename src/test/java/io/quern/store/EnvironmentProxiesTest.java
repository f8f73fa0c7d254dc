package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentProxiesTest {
    private static final URI HUB = URI.create("https://huggingface.co/a/b");

    @Test
    void schemeSelectsTheVariable() {
        Map<String, String> variables =
                Map.of("HTTPS_PROXY", "http://s:1", "http_proxy", "p:2", "ALL_PROXY", "http://all:3");
        assertThat(new EnvironmentProxies(variables).proxy(HUB)).contains(URI.create("http://s:1"));
        assertThat(new EnvironmentProxies(variables).proxy(URI.create("http://x.org/")))
                .contains(URI.create("http://p:2"));
        assertThat(new EnvironmentProxies(Map.of("all_proxy", "http://all:3")).proxy(HUB))
                .contains(URI.create("http://all:3"));
        assertThat(new EnvironmentProxies(Map.of()).proxy(HUB)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "huggingface.co, false",
        "'x.org, .huggingface.co', false",
        "co, false",
        "*, false",
        "huggingface.co:443, false",
        "huggingface.co:80, true",
        "ggingface.co, true",
        "'', true"
    })
    void excludedHostsAreReachedDirectly(String excluded, boolean proxied) {
        EnvironmentProxies proxies = new EnvironmentProxies(Map.of("HTTPS_PROXY", "http://s:1", "NO_PROXY", excluded));
        assertThat(proxies.proxy(HUB).isPresent()).isEqualTo(proxied);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.1.2.3, true",
        "'x.org, 192.168.4.0/22', 192.168.7.255, true",
        "192.168.4.0/22, 192.168.8.0, false",
        "10.0.0.0/8, 10.example.com, false",
        "10.0.0.0/33, 10.0.0.1, false",
        "10.0.0.0/x, 10.0.0.1, false",
        "10.0.0.7/32, 10.0.0.7, true",
        "0.0.0.0/0, 8.8.8.8, true",
        "0.0.0.0/0, '[2001:db8::1]', false",
        "fd00::/8, '[fdab::1]', true",
        "2001:db8::/33, '[2001:db8:8000::1]', false",
        "fdab::1, '[fdab::1]', true"
    })
    void excludedRangesContainAddressesOnly(String excluded, String host, boolean direct) {
        EnvironmentProxies proxies = new EnvironmentProxies(Map.of("HTTPS_PROXY", "http://s:1", "no_proxy", excluded));
        assertThat(proxies.proxy(URI.create("https://" + host + "/a")).isEmpty())
                .isEqualTo(direct);
    }

    @Test
    void thisMachineIsReachedDirectly() {
        EnvironmentProxies proxies = new EnvironmentProxies(Map.of("HTTP_PROXY", "http://s:1"));
        assertThat(proxies.proxy(URI.create("http://127.0.0.1:80/"))).isEmpty();
        assertThat(proxies.proxy(URI.create("http://localhost/"))).isEmpty();
    }

    @Test
    void otherKindsOfProxiesAreRefusedWithoutTheirPassword() {
        EnvironmentProxies proxies = new EnvironmentProxies(Map.of("ALL_PROXY", "socks5://me:secret@s:1"));
        assertThatThrownBy(() -> proxies.proxy(HUB))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("ALL_PROXY names: Quern supports HTTP proxies only")
                .hasMessageNotContaining("secret");
    }
}
