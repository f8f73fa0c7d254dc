package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.generation.Sharing;
import io.quern.pool.PrefixScope;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PrefixScopesTest {

    @Test
    void eachClientHasItsOwnScope() {
        PrefixScopes scopes = new PrefixScopes(PrefixReuse.CLIENT);
        assertThat(of(scopes, "key 0", "")).isEqualTo(of(scopes, "key 0", "")).isNotEqualTo(of(scopes, "key 1", ""));
    }

    @Test
    void cacheSaltSplitsTheScopeOfAClient() {
        for (PrefixReuse reuse : List.of(PrefixReuse.CLIENT, PrefixReuse.SHARED)) {
            PrefixScopes scopes = new PrefixScopes(reuse);
            assertThat(of(scopes, "key 0", "a"))
                    .isEqualTo(of(scopes, "key 0", "a"))
                    .isNotEqualTo(of(scopes, "key 0", "b"))
                    .isNotEqualTo(of(scopes, "key 0", ""));
        }
    }

    @Test
    void cacheSaltCannotReachAnotherClientsScope() {
        PrefixScopes scopes = new PrefixScopes(PrefixReuse.CLIENT);
        assertThat(of(scopes, "key 1", "0")).isNotEqualTo(of(scopes, "key 10", ""));
        assertThat(of(scopes, "key 1", "a")).isNotEqualTo(of(scopes, "key 2", "a"));
    }

    @Test
    void sharedIsOneScope() {
        PrefixScopes scopes = new PrefixScopes(PrefixReuse.SHARED);
        assertThat(of(scopes, "key 0", "")).isEqualTo(of(scopes, "key 1", "")).isNotEqualTo(PrefixScope.NONE);
    }

    @Test
    void noneIsNoScope() {
        assertThat(of(new PrefixScopes(PrefixReuse.NONE), "key 0", "a")).isEqualTo(PrefixScope.NONE);
    }

    @Test
    void engineNamesDifferFromThoseOfAnother() {
        PrefixScope scope = of(new PrefixScopes(PrefixReuse.CLIENT), "key 0", "");
        assertThat(of(new PrefixScopes(PrefixReuse.CLIENT), "key 0", "")).isNotEqualTo(scope);
        assertThat(scope.name()).matches("[0-9a-f]{32}");
    }

    private static PrefixScope of(PrefixScopes scopes, String client, String salt) {
        var request = new GenerationRequest(
                        "id", new Prompt.Text("p", true), SamplingOptions.greedy(), 0, List.of(), false)
                .withSharing(new Sharing(salt, null));
        return scopes.of(new Submission(request, client, Optional.empty(), Optional.empty()));
    }
}
