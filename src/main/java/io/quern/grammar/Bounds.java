package io.quern.grammar;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * The numbers between two bounds.
 *
 * @param min null: none
 * @param max null: none
 */
record Bounds(
        @Nullable BigDecimal min,
        boolean minExcluded,
        @Nullable BigDecimal max,
        boolean maxExcluded) {
    static final Bounds NONE = new Bounds(null, false, null, false);

    Bounds atLeast(BigDecimal bound, boolean excluded) {
        int order = min == null ? 1 : bound.compareTo(min);
        return order < 0 || order == 0 && !excluded ? this : new Bounds(bound, excluded, max, maxExcluded);
    }

    Bounds atMost(BigDecimal bound, boolean excluded) {
        int order = max == null ? -1 : bound.compareTo(max);
        return order > 0 || order == 0 && !excluded ? this : new Bounds(min, minExcluded, bound, excluded);
    }

    boolean contains(BigDecimal number) {
        return (min == null || number.compareTo(min) > (minExcluded ? 0 : -1))
                && (max == null || number.compareTo(max) < (maxExcluded ? 0 : 1));
    }

    boolean isDisjoint(Bounds other) {
        return isBelow(other) || other.isBelow(this);
    }

    private boolean isBelow(Bounds other) {
        if (max == null || other.min == null) {
            return false;
        }
        int order = max.compareTo(other.min);
        return order < 0 || order == 0 && (maxExcluded || other.minExcluded);
    }
}
