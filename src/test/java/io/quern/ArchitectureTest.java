package io.quern;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath("target/classes");
    private static final RoomRules RULES = new RoomRules("io.quern");

    /** Rooms that are not yet {@code @NullMarked}. Do not add any. */
    private static final Set<String> WITHOUT_NULL_MARK =
            Set.of("admission", "boot", "cli", "launch", "pool", "time", "worker");

    @ParameterizedTest
    @MethodSource("io.quern.RoomRules#rooms")
    void roomImportsOnlyAllowedRooms(String room) {
        RULES.importsOnlyWhatItMay(room).check(CLASSES);
    }

    @Test
    void everyClassIsInAKnownRoom() {
        RULES.everyClassIsInAKnownRoom().check(CLASSES);
    }

    @Test
    void foreignMemoryStaysInLlamaProbeAndWorker() {
        RULES.foreignMemoryStaysInLlamaProbeAndWorker().check(CLASSES);
    }

    @Test
    void workerSideUsesNoFramework() {
        RULES.workerSideUsesNoFramework().check(CLASSES);
    }

    @Test
    void staticInitialisersKnowNothingAboutTheMachine() throws IOException {
        StaticInitialisers.knowNothingAboutTheMachine(initialisedAtRunTime()).check(CLASSES);
    }

    /** Returns the names of classes that a native executable initialises when it runs. */
    private static Set<String> initialisedAtRunTime() throws IOException {
        Properties image = new Properties();
        try (Reader file = Files.newBufferedReader(
                Path.of("src/main/resources/META-INF/native-image/io.quern/quern/native-image.properties"))) {
            image.load(file);
        }
        return Set.of(image.getProperty("Args")
                .replace("--initialize-at-run-time=", "")
                .split("[ ,]+"));
    }

    /** Tests included: with two cores the common pool has one thread, and the JDK notices ends of processes there. */
    @Test
    void backgroundWorkNamesItsThreads() {
        ArchRule rule = noClasses()
                .should()
                .callMethod(CompletableFuture.class, "supplyAsync", Supplier.class)
                .orShould()
                .callMethod(CompletableFuture.class, "runAsync", Runnable.class)
                .because("tasks that wait would hold up everything else in the common pool");
        rule.check(CLASSES);
        rule.check(new ClassFileImporter().importPath("target/test-classes"));
    }

    @Test
    void roomsFormNoCycle() {
        RULES.roomsFormNoCycle().check(CLASSES);
    }

    @Test
    void everyRoomHasAPackageDescription() throws IOException {
        try (Stream<Path> rooms = Files.list(Path.of("src/main/java/io/quern"))) {
            assertThat(rooms.filter(Files::isDirectory)).isNotEmpty().allSatisfy(room -> assertThat(
                            room.resolve("package-info.java"))
                    .content()
                    .startsWith("/**")
                    .contains("package io.quern." + room.getFileName() + ";"));
        }
    }

    /** The compiler runs NullAway only in marked packages. */
    @Test
    void everyRoomIsNullMarked() throws IOException {
        try (Stream<Path> rooms = Files.list(Path.of("src/main/java/io/quern"))) {
            assertThat(rooms.filter(Files::isDirectory)
                            .filter(room -> !WITHOUT_NULL_MARK.contains(
                                    room.getFileName().toString())))
                    .hasSizeGreaterThan(15)
                    .allSatisfy(room -> assertThat(room.resolve("package-info.java"))
                            .content()
                            .contains("@NullMarked\npackage "));
        }
    }

    @Test
    void rulesCoverMainAndGeneratedClasses() {
        assertThat(CLASSES.contain("io.quern.wire.FrameDecoder")).isTrue();
        assertThat(CLASSES.contain("io.quern.wire.WorkerFrame")).as("generated").isTrue();
    }
}
