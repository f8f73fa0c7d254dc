package io.quern.grammar;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * An immutable set of Unicode code points without surrogates.
 *
 * @param ranges sorted, disjoint and not adjacent
 */
public record CodePoints(List<Range> ranges) {
    static final CodePoints NONE = new CodePoints(List.of());

    /** All code points that text can contain. */
    static final CodePoints ALL = new CodePoints(List.of(new Range(0, 0xd7ff), new Range(0xe000, 0x10ffff)));

    /** Both ends belong to the range. */
    record Range(int first, int last) {}

    public CodePoints {
        ranges = List.copyOf(ranges);
    }

    static CodePoints of(int codePoint) {
        return range(codePoint, codePoint);
    }

    /** Returns the code points of the range that are no surrogates. */
    static CodePoints range(int first, int last) {
        return new CodePoints(List.of(new Range(first, last))).and(ALL);
    }

    /** Returns all code points but the characters of the text. */
    public static CodePoints except(String text) {
        return ofAll(text).complement();
    }

    /** Returns the characters of the text. */
    static CodePoints ofAll(String text) {
        return union(text.codePoints().mapToObj(CodePoints::of).toList());
    }

    CodePoints or(CodePoints other) {
        return union(List.of(this, other));
    }

    static CodePoints union(List<CodePoints> sets) {
        List<Range> all = new ArrayList<>();
        sets.forEach(set -> all.addAll(set.ranges));
        all.sort(Comparator.comparingInt(Range::first));
        List<Range> merged = new ArrayList<>();
        for (Range range : all) {
            Range last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && range.first <= last.last + 1) {
                merged.set(merged.size() - 1, new Range(last.first, Math.max(last.last, range.last)));
            } else {
                merged.add(range);
            }
        }
        return new CodePoints(merged);
    }

    CodePoints and(CodePoints other) {
        List<Range> common = new ArrayList<>();
        int mine = 0;
        int others = 0;
        while (mine < ranges.size() && others < other.ranges.size()) {
            Range a = ranges.get(mine);
            Range b = other.ranges.get(others);
            if (a.first <= b.last && b.first <= a.last) {
                common.add(new Range(Math.max(a.first, b.first), Math.min(a.last, b.last)));
            }
            if (a.last < b.last) {
                mine++;
            } else {
                others++;
            }
        }
        return new CodePoints(common);
    }

    CodePoints complement() {
        List<Range> gaps = new ArrayList<>();
        int next = 0;
        for (Range range : ranges) {
            if (range.first > next) {
                gaps.add(new Range(next, range.first - 1));
            }
            next = range.last + 1;
        }
        if (next <= Character.MAX_CODE_POINT) {
            gaps.add(new Range(next, Character.MAX_CODE_POINT));
        }
        return new CodePoints(gaps).and(ALL);
    }

    CodePoints minus(CodePoints other) {
        return and(other.complement());
    }

    boolean contains(int codePoint) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Range range = ranges.get(middle);
            if (codePoint < range.first) {
                high = middle - 1;
            } else if (codePoint > range.last) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    boolean overlaps(CodePoints other) {
        int mine = 0;
        int others = 0;
        while (mine < ranges.size() && others < other.ranges.size()) {
            Range a = ranges.get(mine);
            Range b = other.ranges.get(others);
            if (a.first <= b.last && b.first <= a.last) {
                return true;
            }
            if (a.last < b.last) {
                mine++;
            } else {
                others++;
            }
        }
        return false;
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** Returns how many code points are in the set. */
    int size() {
        return ranges.stream().mapToInt(range -> range.last - range.first + 1).sum();
    }
}
