package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BodyBudgetTest {
    private final BodyBudget budget = new BodyBudget(1000, Duration.ofSeconds(5));

    @Test
    void bodiesOfAllClientsShareOneBudget() {
        budget.claim("a").grow(500);
        budget.claim("b").grow(450);
        ApiError refusal = refusal(budget.claim("c"), 100);
        assertThat(refusal.status()).isEqualTo(503);
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(5));
        assertThat(refusal.message()).contains("quern.openai.body-memory");
    }

    @Test
    void closedClaimMakesRoom() {
        BodyBudget.Claim first = budget.claim("a");
        first.grow(900);
        first.close();
        first.close();
        assertThat(budget.used()).isZero();
        assertThatCode(() -> budget.claim("b").grow(1000)).doesNotThrowAnyException();
    }

    @Test
    void bodiesOfOneClientLeaveHalfToOthers() {
        for (int i = 0; i < 5; i++) {
            budget.claim("a").grow(100);
        }
        assertThat(refusal(budget.claim("a"), 1).status()).isEqualTo(503);
        assertThatCode(() -> budget.claim("b").grow(400)).doesNotThrowAnyException();
    }

    @Test
    void singleBodyMayTakeWholeBudget() {
        assertThatCode(() -> budget.claim("a").grow(1000)).doesNotThrowAnyException();
    }

    @Test
    void bodyThatNeverFitsIsTooLarge() {
        assertThat(refusal(budget.claim("a"), 1001).status()).isEqualTo(413);
    }

    @Test
    void refusedGrowthChangesNothing() {
        BodyBudget.Claim claim = budget.claim("a");
        claim.grow(10);
        refusal(claim, 1000);
        assertThat(budget.used()).isEqualTo(10);
    }

    private static ApiError refusal(BodyBudget.Claim claim, long bytes) {
        return catchThrowableOfType(ApiException.class, () -> claim.grow(bytes)).error();
    }
}
