package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.quern.device.HostFacts;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StartMethodPolicyTest {
    private static final List<String> GPU = List.of("/dev/nvidia0");

    @Test
    void byItselfItForksFromAServerWhereNothingSpeaksAgainstIt() {
        Decision decision = decide("auto", "linux", List.of(), true);
        assertThat(decision.method()).isEqualTo(StartMethod.FORKSERVER);
        assertThat(rule(decision)).isEqualTo("auto-forkserver");
        assertThat(decision.warnings()).isEmpty();
    }

    @Test
    void withoutALauncherItSpawnsAndSaysWhy() {
        Decision decision = decide("auto", "linux", List.of(), false);
        assertThat(decision.method()).isEqualTo(StartMethod.SPAWN);
        assertThat(rule(decision)).isEqualTo("auto-no-forkserver");
        assertThat(decision.rules().getFirst().message()).contains("no C compiler");
        assertThat(decision.warnings()).isEmpty();
    }

    @Test
    void elsewhereThanOnLinuxItSpawns() {
        for (String os : List.of("mac", "windows")) {
            assertThat(decide("auto", os, List.of(), true).method()).isEqualTo(StartMethod.SPAWN);
            assertThat(decide("forkserver", os, List.of(), true).method()).isEqualTo(StartMethod.SPAWN);
        }
    }

    @Test
    void withAnAcceleratorItSpawnsUnlessAskedOtherwise() {
        Decision decision = decide("auto", "linux", GPU, true);
        assertThat(decision.method()).isEqualTo(StartMethod.SPAWN);
        assertThat(rule(decision)).isEqualTo("auto-accelerator");
        assertThat(decision.rules().getFirst().message()).contains("/dev/nvidia0");
        assertThat(decide("forkserver", "linux", GPU, true).method()).isEqualTo(StartMethod.FORKSERVER);
    }

    @Test
    void whatIsAskedForWinsWhereItIsPossible() {
        assertThat(decide("spawn", "linux", List.of(), true).method()).isEqualTo(StartMethod.SPAWN);
        assertThat(decide(" ForkServer", "linux", List.of(), true).method()).isEqualTo(StartMethod.FORKSERVER);
    }

    @Test
    void whereItIsNotItSpawnsWithAWarningThatNamesThePage() {
        for (String method : List.of("fork", "inline", "forkserver")) {
            Decision decision = decide(method, "linux", List.of(), false);
            assertThat(decision.method()).as(method).isEqualTo(StartMethod.SPAWN);
            assertThat(decision.warnings())
                    .singleElement()
                    .asString()
                    .contains(method, "spawned instead", "docs/troubleshooting/start-methods.md");
        }
    }

    @Test
    void everyOtherMethodIsRejectedWithAReason() {
        for (String requested : List.of("auto", "spawn", "fork", "forkserver", "inline")) {
            for (boolean launcher : new boolean[] {true, false}) {
                for (List<String> nodes : List.of(GPU, List.<String>of())) {
                    Decision decision = decide(requested, "linux", nodes, launcher);
                    assertThat(decision.rejected())
                            .hasSize(StartMethod.values().length - 1)
                            .allSatisfy(rejection -> {
                                assertThat(rejection.method()).isNotEqualTo(decision.method());
                                assertThat(rejection.reason()).isNotBlank();
                            });
                }
            }
        }
    }

    @Test
    void anUnknownMethodIsRefusedWithTheKnownOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> decide("teleport", "linux", List.of(), true))
                .withMessageContainingAll("teleport", "auto, spawn, fork, forkserver or inline");
    }

    @Test
    void aRevisionKeepsWhatWasBefore() {
        Decision revised =
                decide("auto", "linux", List.of(), true).revised(Instant.EPOCH, StartMethod.SPAWN, "it has 2 threads");
        assertThat(revised.method()).isEqualTo(StartMethod.SPAWN);
        assertThat(revised.revisions())
                .containsExactly(new Decision.Revision(
                        Instant.EPOCH, StartMethod.FORKSERVER, StartMethod.SPAWN, "it has 2 threads"));
        assertThat(revised.rejected())
                .contains(new Decision.Rejection(StartMethod.FORKSERVER, "it has 2 threads"))
                .noneMatch(rejection -> rejection.method() == StartMethod.SPAWN);
        assertThat(rule(revised)).isEqualTo("auto-forkserver");
    }

    private static Decision decide(String requested, String os, List<String> nodes, boolean launcher) {
        return StartMethodPolicy.decide(
                requested, new HostFacts(os, "amd64", "glibc", 2, 1 << 30, 1, false, "", nodes), launcher);
    }

    private static String rule(Decision decision) {
        return decision.rules().getFirst().id();
    }
}
