package io.quern;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.quern.brokenrules.process.KnowsTheMachine;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Checks that each rule of {@link ArchitectureTest} fails for classes that break it. */
class ArchitectureRulesTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPackages("io.quern.brokenrules");
    private static final RoomRules RULES = new RoomRules("io.quern.brokenrules");

    @Test
    void workerThatImportsPoolIsFound() {
        assertFound(RULES.importsOnlyWhatItMay("worker"), "ImportsPool");
    }

    @Test
    void domainThatImportsARoomIsFound() {
        assertFound(RULES.importsOnlyWhatItMay("generation"), "ImportsWire");
    }

    @Test
    void unknownRoomIsFound() {
        assertFound(RULES.everyClassIsInAKnownRoom(), "UnknownRoom");
    }

    @Test
    void foreignMemoryInPoolIsFound() {
        assertFound(RULES.foreignMemoryStaysInLlamaProbeAndWorker(), "UsesForeignMemory");
    }

    @Test
    void frameworkInWireIsFound() {
        assertFound(RULES.workerSideUsesNoFramework(), "UsesVertx");
    }

    @Test
    void cycleIsFound() {
        assertFound(RULES.roomsFormNoCycle(), "Cycle detected");
    }

    @Test
    void staticInitialiserThatAsksTheMachineIsFound() {
        assertFound(
                StaticInitialisers.knowNothingAboutTheMachine(Set.of()),
                "KnowsTheMachine calls KnowsTheMachine.cores java.lang.Runtime.availableProcessors");
    }

    @Test
    void staticInitialiserThatRunsInTheExecutableIsAllowed() {
        assertThatCode(() -> StaticInitialisers.knowNothingAboutTheMachine(Set.of(KnowsTheMachine.class.getName()))
                        .check(CLASSES))
                .doesNotThrowAnyException();
    }

    private static void assertFound(ArchRule rule, String culprit) {
        assertThatThrownBy(() -> rule.check(CLASSES))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(culprit);
    }
}
