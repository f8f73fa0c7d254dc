package io.quern.fork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlMessageTest {

    @Test
    void writtenMessageCanBeRead() throws IOException {
        ControlMessage message =
                ControlMessage.of("fork", "", "ä b\n").with(List.of("-x", "")).with(List.of());
        assertThat(read(message.encode().array())).isEqualTo(message);
        assertThat(message.fields()).containsExactly("fork", "", "ä b\n", "2", "-x", "", "0");
    }

    @Test
    void endOfStreamGivesNoMessage() throws IOException {
        assertThat(read(new byte[0])).isNull();
    }

    @Test
    void invalidMessageIsRefused() {
        for (byte[] broken : List.of(
                new byte[] {0, 0, 0, 9, 'x', 0},
                new byte[] {0, 0, 0, 0},
                new byte[] {0, 0, 0, 2, 'x', 'y'},
                ByteBuffer.allocate(4).putInt(-1).array(),
                ByteBuffer.allocate(4).putInt(ControlMessage.MAX_BYTES + 1).array())) {
            assertThatIOException().isThrownBy(() -> read(broken));
        }
    }

    @Test
    void fieldWithNulIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(ControlMessage.of("a\0b")::encode);
    }

    @Test
    void tooLargeMessageIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(ControlMessage.of("x".repeat(ControlMessage.MAX_BYTES))::encode);
    }

    @Test
    void missingFieldsAreReported() {
        ControlMessage message = ControlMessage.of("exited", "x");
        assertThatIOException().isThrownBy(() -> message.field(2));
        assertThatIOException().isThrownBy(() -> message.number(1));
    }

    private static ControlMessage read(byte[] bytes) throws IOException {
        return ControlMessage.read(new ByteArrayInputStream(bytes));
    }
}
