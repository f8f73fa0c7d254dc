package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Generate;
import java.util.List;
import org.junit.jupiter.api.Test;

class InboxTest {
    private final Inbox inbox = new Inbox();

    @Test
    void postAfterTakeBelongsToNextTake() {
        List<Sequence> taken = inbox.take();
        inbox.post(sequence());
        assertThat(taken).isEmpty();
        assertThat(inbox.take()).hasSize(1);
        assertThat(inbox.take()).isEmpty();
    }

    @Test
    void awaitEndsOnPostStopOrTimeout() throws InterruptedException {
        assertThat(inbox.await(1)).isEmpty();
        inbox.post(sequence());
        assertThat(inbox.await(60_000)).hasSize(1);
        inbox.stop();
        assertThat(inbox.await(60_000)).isEmpty();
    }

    private static Sequence sequence() {
        return new Sequence(new Request(Generate.getDefaultInstance()), new int[] {1}, 8, null, null, false);
    }
}
