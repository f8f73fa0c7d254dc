package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FairQueueTest {
    private final FairQueue<String> queue = new FairQueue<>(4, 100);

    @Test
    void clientsTakeTurnsInOrderOfArrival() {
        offer("a", "a1", "a2", "a3");
        offer("b", "b1");
        assertThat(queue.inTurn()).containsExactly("a1", "b1", "a2", "a3");
        assertThat(queue.poll()).isEqualTo("a1");
        assertThat(queue.poll()).isEqualTo("b1");
        // b comes back after a, whose turn it is
        offer("b", "b2");
        assertThat(queue.inTurn()).containsExactly("a2", "b2", "a3");
        assertThat(drained()).containsExactly("a2", "b2", "a3");
        assertThat(queue.poll()).isNull();
    }

    @Test
    void removedElementHasNoTurn() {
        offer("a", "a1");
        offer("b", "b1", "b2");
        assertThat(queue.remove("a1")).isTrue();
        assertThat(queue.remove("a1")).isFalse();
        assertThat(queue.contains("a1")).isFalse();
        assertThat(queue.size()).isEqualTo(2);
        assertThat(drained()).containsExactly("b1", "b2");
    }

    @Test
    void fullQueueTakesFromTheLargestClient() {
        offer("a", "a1", "a2", "a3", "a4");
        assertThat(queue.offer("b", "b1", 1)).contains(List.of("a4"));
        assertThat(queue.offer("b", "b2", 1)).contains(List.of("a3"));
        // both hold two, so neither takes from the other
        assertThat(queue.offer("b", "b3", 1)).isEmpty();
        assertThat(queue.offer("a", "a5", 1)).isEmpty();
        assertThat(queue.offer("c", "c1", 1)).contains(List.of("b2"));
        assertThat(queue.inTurn()).containsExactly("a1", "b1", "c1", "a2");
    }

    @Test
    void singleClientFillsTheWholeQueue() {
        offer("a", "a1", "a2", "a3", "a4");
        assertThat(queue.offer("a", "a5", 1)).isEmpty();
        assertThat(queue.contains("a5")).isFalse();
        assertThat(queue.size()).isEqualTo(4);
    }

    @Test
    void tokensAreBoundedAndShared() {
        assertThat(queue.offer("a", "a1", 40)).contains(List.of());
        assertThat(queue.offer("a", "a2", 30)).contains(List.of());
        assertThat(queue.offer("a", "a3", 30)).contains(List.of());
        assertThat(queue.offer("a", "a4", 1)).isEmpty();
        // it would then hold more than the other
        assertThat(queue.offer("b", "b1", 60)).isEmpty();
        assertThat(queue.offer("b", "b1", 40)).contains(List.of("a3", "a2"));
        assertThat(queue.offer("b", "b2", 20)).contains(List.of());
        assertThat(queue.offer("c", "c1", 1)).contains(List.of("b2"));
    }

    @Test
    void elementLargerThanTheBoundMayWaitAlone() {
        assertThat(queue.offer("a", "a1", 1000)).contains(List.of());
        assertThat(queue.offer("a", "a2", 1)).isEmpty();
        assertThat(queue.offer("b", "b1", 1)).as("its place would be empty").isEmpty();
        assertThat(queue.poll()).isEqualTo("a1");
        assertThat(queue.offer("a", "a2", 1)).contains(List.of());
    }

    @Test
    void withoutABoundTokensDoNotMatter() {
        FairQueue<String> unbounded = new FairQueue<>(2, 0);
        assertThat(unbounded.offer("a", "a1", Integer.MAX_VALUE)).contains(List.of());
        assertThat(unbounded.offer("a", "a2", Integer.MAX_VALUE)).contains(List.of());
        assertThat(unbounded.offer("a", "a3", 1)).isEmpty();
    }

    /** Compares the queue with a plain list over many random steps. */
    @Test
    void randomStepsLoseNothingAndKeepTheBounds() {
        Random random = new Random(7);
        FairQueue<Integer> fair = new FairQueue<>(20, 500);
        Map<Integer, Integer> there = new LinkedHashMap<>();
        for (int i = 0; i < 20_000; i++) {
            int choice = random.nextInt(10);
            if (choice < 6) {
                String client = "c" + random.nextInt(5);
                int tokens = 1 + random.nextInt(60);
                Optional<List<Integer>> leaving = fair.offer(client, i, tokens);
                if (leaving.isPresent()) {
                    leaving.get().forEach(gone -> assertThat(there.remove(gone)).isNotNull());
                    there.put(i, tokens);
                }
            } else if (choice < 8) {
                Integer next = fair.poll();
                assertThat(next == null).isEqualTo(there.isEmpty());
                there.remove(next);
            } else if (!there.isEmpty()) {
                int one = new ArrayList<>(there.keySet()).get(random.nextInt(there.size()));
                there.remove(one);
                assertThat(fair.remove(one)).isTrue();
            }
            assertThat(fair.size()).isEqualTo(there.size()).isLessThanOrEqualTo(20);
            assertThat(there.values().stream().mapToInt(Integer::intValue).sum())
                    .isLessThanOrEqualTo(500);
        }
        assertThat(fair.inTurn()).containsExactlyInAnyOrderElementsOf(there.keySet());
        List<Integer> announced = fair.inTurn();
        List<Integer> served = new ArrayList<>();
        for (Integer next = fair.poll(); next != null; next = fair.poll()) {
            served.add(next);
        }
        assertThat(served).isEqualTo(announced);
    }

    private void offer(String client, String... items) {
        for (String item : items) {
            assertThat(queue.offer(client, item, 1)).contains(List.of());
        }
    }

    private List<String> drained() {
        List<String> all = new ArrayList<>();
        for (String next = queue.poll(); next != null; next = queue.poll()) {
            all.add(next);
        }
        return all;
    }
}
