package io.quern;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** The rules of {@link ArchitectureTest} over a house that breaks each of them: one that holds there would hold anywhere. */
class ArchitectureRulesTest {
    private static final JavaClasses BAD_HOUSE = new ClassFileImporter().importPackages("io.quern.badhouse");
    private static final RoomRules ITS_RULES = new RoomRules("io.quern.badhouse");

    @Test
    void aWorkerThatSeesThePoolIsFound() {
        assertFound(ITS_RULES.importsOnlyWhatItMay("worker"), "SeesThePool");
    }

    @Test
    void aDomainThatSeesAnyRoomIsFound() {
        assertFound(ITS_RULES.importsOnlyWhatItMay("generation"), "SeesTheWire");
    }

    @Test
    void aDrawerIsFound() {
        assertFound(ITS_RULES.everyClassLivesInAKnownRoom(), "Things");
    }

    @Test
    void foreignMemoryInThePoolIsFound() {
        assertFound(ITS_RULES.foreignMemoryStaysInLlamaProbeAndWorker(), "TouchesMemory");
    }

    @Test
    void aFrameworkInTheWireIsFound() {
        assertFound(ITS_RULES.theWorkersSideKnowsNoFramework(), "UsesVertx");
    }

    @Test
    void aCycleIsFound() {
        assertFound(ITS_RULES.roomsFormNoCycle(), "Cycle detected");
    }

    private static void assertFound(ArchRule rule, String culprit) {
        assertThatThrownBy(() -> rule.check(BAD_HOUSE))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(culprit);
    }
}
