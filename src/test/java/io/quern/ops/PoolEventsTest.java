package io.quern.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolEventsTest {
    private final PoolEvents events = new PoolEvents(3);
    private final List<String> disconnected = new ArrayList<>();

    @Test
    void oldestReaderGivesWayToNewerOne() {
        for (String name : List.of("a", "b", "c", "d", "e")) {
            read(name, "10.0.0.1");
        }
        assertThat(disconnected).containsExactly("a", "b");
    }

    @Test
    void addressWithMostReadersGivesWay() {
        read("operator", "10.0.0.1");
        for (int i = 0; i < 20; i++) {
            read("flood-" + i, "10.0.0.2");
        }
        assertThat(disconnected).hasSize(18).doesNotContain("operator");
        read("another", "10.0.0.3");
        assertThat(disconnected).hasSize(19).doesNotContain("operator");
    }

    @Test
    void readerThatLeftMakesRoom() {
        read("a", "10.0.0.1").cancel();
        for (String name : List.of("b", "c", "d")) {
            read(name, "10.0.0.1");
        }
        assertThat(disconnected).isEmpty();
    }

    @Test
    void eventsContainNoRequestId() {
        AssertSubscriber<Object> reader = read("a", "10.0.0.1");
        events.moved("chatcmpl-somebody", 0, 12, false);
        assertThat(reader.getItems().toString()).contains("delivered=12").doesNotContain("chatcmpl-somebody");
    }

    @Test
    void limitOfZeroAdmitsNobody() {
        assertThat(new PoolEvents(0).read("10.0.0.1", () -> {})).isEmpty();
    }

    private AssertSubscriber<Object> read(String name, String address) {
        return events.read(address, () -> disconnected.add(name))
                .orElseThrow()
                .subscribe()
                .withSubscriber(AssertSubscriber.create(100));
    }
}
