package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Moves weights into huge pages of the kernel (madvise(2), MADV_COLLAPSE). A step reads all weights once, and with small
 * pages the processor looks up a new page every 4 KiB: on a Xeon with AMX, a step of one row of SmolLM2 is 1.04 to 1.07
 * times as fast in huge pages (docs/performance.md). Only memory that appeared while the model was loaded moves. Weights
 * that are mapped from the file stay where they are. {@code huge.c} does the same for workers that are forked. Linux
 * only; elsewhere nothing happens.
 */
final class HugePages {
    private static final int MADV_HUGEPAGE = 14;

    /** Since Linux 6.1. */
    private static final int MADV_COLLAPSE = 25;

    /** Bytes between two reports of progress: they take a quarter of a second at most. */
    private static final long PIECE = 256L << 20;

    private static final Path SETTINGS = Path.of("/sys/kernel/mm/transparent_hugepage");
    private static final Path MAPS = Path.of("/proc/self/maps");

    /** Private memory without a file or a name. */
    private static final Pattern OWN_MEMORY =
            Pattern.compile("(?<begin>\\p{XDigit}+)-(?<end>\\p{XDigit}+) rw-p \\p{XDigit}+ \\S+ 0 *");

    private final long page;
    private final List<Area> before;

    /** Addresses from the first one to the one before the end. */
    record Area(long begin, long end) {
        private Area inside(long page) {
            return new Area((begin + page - 1) / page * page, end / page * page);
        }

        /** Adds the parts of this area that the others do not contain. */
        private void addRest(List<Area> others, List<Area> rest) {
            for (Area other : others) {
                if (other.begin < end && begin < other.end) {
                    if (begin < other.begin) {
                        new Area(begin, other.begin).addRest(others, rest);
                    }
                    if (other.end < end) {
                        new Area(other.end, end).addRest(others, rest);
                    }
                    return;
                }
            }
            rest.add(this);
        }
    }

    private HugePages(long page, List<Area> before) {
        this.page = page;
        this.before = before;
    }

    /** Remembers the memory that this process has before it allocates what shall move. */
    static HugePages before() {
        long page = page();
        return new HugePages(page, page == 0 ? List.of() : ownMemory());
    }

    /**
     * Moves the large areas that have been allocated since.
     *
     * @param busy runs after each piece, so that the caller can report progress; must not throw
     */
    void move(Runnable busy) {
        // every process has some areas; without them all memory would look new
        if (page == 0 || before.isEmpty()) {
            return;
        }
        List<Area> areas = news(before, ownMemory(), page);
        if (areas.isEmpty()) {
            return;
        }
        Advice advice = Advice.linked();
        for (Area area : areas) {
            for (long begin = area.begin(); begin < area.end(); begin += PIECE) {
                long bytes = Math.min(PIECE, area.end() - begin);
                if (advice.give(begin, bytes, MADV_COLLAPSE) != 0) {
                    // an old kernel, or no huge pages are free: the kernel may do it later
                    advice.give(begin, bytes, MADV_HUGEPAGE);
                }
                busy.run();
            }
        }
    }

    /** Returns the areas of at least two huge pages that are new, in whole huge pages. */
    static List<Area> news(List<Area> before, List<Area> after, long page) {
        List<Area> news = new ArrayList<>();
        after.forEach(area -> area.addRest(before, news));
        return news.stream()
                .map(area -> area.inside(page))
                .filter(area -> area.end() - area.begin() >= 2 * page)
                .toList();
    }

    /** Returns the size of a huge page, or 0 if the kernel has none or somebody has forbidden them. */
    private static long page() {
        try {
            return Files.readString(SETTINGS.resolve("enabled")).contains("[never]")
                    ? 0
                    : Long.parseLong(
                            Files.readString(SETTINGS.resolve("hpage_pmd_size")).trim());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private static List<Area> ownMemory() {
        try {
            return Files.readAllLines(MAPS).stream()
                    .map(OWN_MEMORY::matcher)
                    .filter(Matcher::matches)
                    .map(line -> new Area(
                            Long.parseUnsignedLong(line.group("begin"), 16),
                            Long.parseUnsignedLong(line.group("end"), 16)))
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Gives the kernel advice about memory, and returns 0 if it takes it. */
    private interface Advice {
        int give(long begin, long bytes, int advice);

        /** Links the function, which takes time. */
        static Advice linked() {
            Linker linker = Linker.nativeLinker();
            MethodHandle madvise = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("madvise"),
                    FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
            return (begin, bytes, advice) -> {
                try {
                    return (int) madvise.invokeExact(begin, bytes, advice);
                } catch (Throwable e) {
                    throw NativeFunction.failed(e);
                }
            };
        }
    }
}
