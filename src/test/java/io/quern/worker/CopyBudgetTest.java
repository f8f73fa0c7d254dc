package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyBudgetTest {
    private static final long STEP_NANOS = 6_000_000;

    private final CopyBudget budget = new CopyBudget(0.02);

    @Test
    void copiesTakeTheirShareOfTheSteps() {
        long copied = 0;
        for (int step = 0; step < 10_000; step++) {
            budget.earn(STEP_NANOS);
            while (budget.left() && budget.affordable(8) >= 8) {
                budget.spend(8 * 15_000, 8);
                copied += 8 * 15_000;
            }
        }
        assertThat(copied).isBetween((long) (10_000 * STEP_NANOS * 0.019), (long) (10_000 * STEP_NANOS * 0.02));
    }

    @Test
    void slowFirstCopyDoesNotEndTheCopies() {
        budget.earn(STEP_NANOS);
        budget.spend(5_000_000, CopyBudget.counted(16));
        int tokens = 16;
        int copies = 0;
        for (; tokens < 2000; tokens++) {
            budget.earn(STEP_NANOS);
            if (budget.left() && CopyBudget.counted(tokens) <= budget.affordable(Integer.MAX_VALUE)) {
                budget.spend(4000L * tokens, CopyBudget.counted(tokens));
                copies++;
            }
        }
        assertThat(copies).isGreaterThan(20);
        // earned by the last 2,000 tokens: 240 ms, for copies of 8 ms
        assertThat(budget.affordable(0)).isLessThan(25_000);
    }

    @Test
    void pauseOfTheProcessDoesNotMakeCopiesDear() {
        budget.earn(1_000_000_000);
        budget.spend(8 * 10_000, 8);
        int before = budget.affordable(0);
        budget.spend(50_000_000, 8);
        assertThat(budget.affordable(0)).isGreaterThan(before / 2);
        budget.spend(8 * 10_000, 8);
        assertThat(budget.affordable(0)).isGreaterThan(before * 9 / 10);
    }

    @Test
    void creditIsBounded() {
        budget.spend(8 * 10_000, 8);
        for (int step = 0; step < 100_000; step++) {
            budget.earn(STEP_NANOS);
        }
        assertThat(budget.affordable(0)).isEqualTo(10_000);
    }
}
