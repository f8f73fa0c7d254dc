package io.quern.worker;

import static io.quern.worker.StepShape.Cut.FOURS;
import static io.quern.worker.StepShape.Cut.SINGLES;
import static io.quern.worker.StepShape.Cut.WHOLE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StepShapeTest {
    private static final List<String> SIX = List.of("a", "b", "c", "d", "e", "f");

    @Test
    void wholeIsOneBatch() {
        assertThat(new StepShape(1, WHOLE).batches(SIX)).containsExactly(SIX);
    }

    @Test
    void foursLeaveSinglesAtTheEnd() {
        StepShape fours = new StepShape(1, FOURS);
        assertThat(fours.batches(SIX)).containsExactly(List.of("a", "b", "c", "d"), List.of("e"), List.of("f"));
        assertThat(fours.batches(List.of("a", "b", "c"))).containsExactly(List.of("a"), List.of("b"), List.of("c"));
    }

    @Test
    void largestMultipleOfFourIsOneBatch() {
        List<Integer> eleven = IntStream.range(0, 11).boxed().toList();
        assertThat(new StepShape(1, FOURS).batches(eleven))
                .containsExactly(eleven.subList(0, 8), List.of(8), List.of(9), List.of(10));
    }

    @Test
    void singlesAreBatchesOfOneRow() {
        assertThat(new StepShape(1, SINGLES).batches(List.of("b", "a", "c")))
                .containsExactly(List.of("b"), List.of("a"), List.of("c"));
    }

    @Test
    void cutsThatDivideAlikeDoNotDiffer() {
        assertThat(IntStream.rangeClosed(1, 13).filter(WHOLE::differs)).hasSize(13);
        assertThat(IntStream.rangeClosed(1, 13).filter(FOURS::differs)).containsExactly(5, 6, 7, 9, 10, 11, 13);
        assertThat(IntStream.rangeClosed(1, 13).filter(SINGLES::differs))
                .hasSize(12)
                .doesNotContain(1);
    }
}
