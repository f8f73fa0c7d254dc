package io.quern.jinja;

import java.util.AbstractList;
import java.util.RandomAccess;

/** Python's range. The sandbox allows at most 100,000 numbers. */
final class Range extends AbstractList<Object> implements RandomAccess {
    static final int MAX_SIZE = 100_000;

    private final long start;
    private final long stop;
    private final long step;
    private final int size;

    Range(long start, long stop, long step) {
        if (step == 0) {
            throw new TemplateError("the step of a range must not be zero");
        }
        this.start = start;
        this.stop = stop;
        this.step = step;
        // computed with doubles, because the difference may overflow a long
        double count = Math.ceil(((double) stop - start) / step);
        if (count > MAX_SIZE) {
            throw new TemplateError("a range must not have more than " + MAX_SIZE + " numbers");
        }
        this.size = (int) Math.max(0, count);
    }

    Range slice(long from, long to, long by) {
        return new Range(start + from * step, start + to * step, step * by);
    }

    @Override
    public Object get(int index) {
        return start + index * step;
    }

    @Override
    public int size() {
        return size;
    }

    String text() {
        return "range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")");
    }
}
