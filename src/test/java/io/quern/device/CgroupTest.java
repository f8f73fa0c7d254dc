package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses the trees in src/test/resources/cgroups. */
class CgroupTest {
    private static final long MIB = 1L << 20;

    @Test
    void smallestLimitCountsInV1() {
        Cgroup cgroup = on("v1-nested");
        assertThat(cgroup.memoryLimit()).hasValue(512 * MIB);
        assertThat(cgroup.cpus()).hasValue(0.5);
        assertThat(cgroup.memoryInUse())
                .as("of the group with the limit, without idle pages of files")
                .hasValue(400556032 - 104857600);
        assertThat(cgroup.memoryPeak()).hasValue(512 * MIB);
        assertThat(cgroup.oomKills())
                .as("counted only in the process's own group")
                .hasValue(3);
    }

    @Test
    void limitOfHiddenV1ParentsIsRead() {
        Cgroup cgroup = on("v1-container");
        assertThat(cgroup.memoryLimit()).hasValue(256 * MIB);
        assertThat(cgroup.cpus()).hasValue(1.5);
        assertThat(cgroup.memoryInUse()).hasValue(134217728 - 4096);
        assertThat(cgroup.oomKills()).as("older kernels do not count").isEmpty();
    }

    @Test
    void v2ContainerSeesItsGroupAsRoot() {
        Cgroup cgroup = on("v2-container");
        assertThat(cgroup.memoryLimit()).hasValue(512 * MIB);
        assertThat(cgroup.cpus()).hasValue(0.5);
        assertThat(cgroup.memoryInUse()).hasValue(471859200 - 104857600);
        assertThat(cgroup.memoryLeft()).hasValue(512 * MIB - 471859200 + 104857600);
        assertThat(cgroup.memoryPeak()).hasValue(536866816);
        assertThat(cgroup.oomKills()).hasValue(1);
    }

    @Test
    void limitOfSliceCountsForV2Service() {
        Cgroup cgroup = on("v2-slice");
        assertThat(cgroup.memoryLimit()).hasValue(1024 * MIB);
        assertThat(cgroup.memoryInUse()).hasValue(400000000);
        assertThat(cgroup.cpus()).hasValue(1.5);
        assertThat(cgroup.memoryPeak()).isEmpty();
        assertThat(cgroup.oomKills()).hasValue(0);
    }

    @Test
    void v1ControllersCountInHybridHierarchy() {
        Cgroup cgroup = on("hybrid");
        assertThat(cgroup.memoryLimit()).hasValue(768 * MIB);
        assertThat(cgroup.memoryInUse()).as("never negative").hasValue(0);
        assertThat(cgroup.cpus()).isEmpty();
        assertThat(cgroup.oomKills()).hasValue(0);
    }

    @Test
    void hiddenGroupFallsBackToVisibleOne() {
        assertThat(on("v2-outside").memoryLimit()).hasValue(256 * MIB);
    }

    @Test
    void withoutGroupsKillsOfMachineCount() {
        Cgroup cgroup = on("none");
        assertThat(cgroup.memoryLimit()).isEmpty();
        assertThat(cgroup.memoryInUse()).isEmpty();
        assertThat(cgroup.memoryLeft()).isEmpty();
        assertThat(cgroup.cpus()).isEmpty();
        assertThat(cgroup.oomKills()).hasValue(7);
    }

    @Test
    void withoutFilesNothingIsKnown(@TempDir Path folder) {
        Cgroup cgroup = Cgroup.of(folder);
        assertThat(cgroup.memoryLimit()).isEmpty();
        assertThat(cgroup.oomKills()).isEmpty();
    }

    @Test
    void limitsAreReadEachTime(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("proc/self"));
        Files.writeString(folder.resolve("proc/self/cgroup"), "0::/\n");
        Files.writeString(
                folder.resolve("proc/self/mountinfo"), "6 5 0:26 / /sys/fs/a\\040group ro - cgroup2 cgroup rw\n");
        Path group = Files.createDirectories(folder.resolve("sys/fs/a group"));
        Files.writeString(group.resolve("memory.max"), "max\n");
        Cgroup cgroup = Cgroup.of(folder);
        assertThat(cgroup.memoryLimit()).isEmpty();
        Files.writeString(group.resolve("memory.max"), "4096\n");
        assertThat(cgroup.memoryLimit()).hasValue(4096);
    }

    @Test
    void smallerLimitOfJvmAndGroupCounts() {
        HostFacts half = HostProbe.look(tree("v2-container"), 1, 8192 * MIB);
        assertThat(half.cpus()).isEqualTo(0.5);
        assertThat(half.cores()).isEqualTo(1);
        assertThat(half.maxMemoryBytes()).isEqualTo(512 * MIB);
        assertThat(half.cpusText()).isEqualTo("0.5 cores (cgroup)");
        assertThat(half.memoryText()).isEqualTo("512 MiB (cgroup)");

        HostFacts blind = HostProbe.look(tree("v1-container"), 64, 8192 * MIB);
        assertThat(blind.cores()).as("1.5, as a JVM would round it").isEqualTo(2);
        assertThat(blind.cpus()).isEqualTo(1.5, within(0.001));

        HostFacts small = HostProbe.look(tree("v2-slice"), 1, 300 * MIB);
        assertThat(small.cpusText()).as("bound to one core by other means").isEqualTo("1 core");
        assertThat(small.memoryText()).as("the machine has less than the limit").isEqualTo("300 MiB");

        HostFacts free = HostProbe.look(tree("none"), 2, 24105 * MIB);
        assertThat(free.cpusText()).isEqualTo("2 cores");
        assertThat(free.memoryText()).isEqualTo("23.5 GiB");
        assertThat(free.memoryLimited()).isFalse();
    }

    private static Cgroup on(String name) {
        return Cgroup.of(tree(name));
    }

    private static Path tree(String name) {
        try {
            return Path.of(CgroupTest.class.getResource("/cgroups/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
