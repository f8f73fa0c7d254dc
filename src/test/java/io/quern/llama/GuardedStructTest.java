package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardedStructTest {
    private static final int SIZE = 16;
    private static final List<ExpectedField> EXPECTED =
            List.of(ExpectedField.ofInt("n_ctx", 0, 512), ExpectedField.ofByte("offload", 12, 1));

    private final GuardedStruct struct = new GuardedStruct("some_params", SIZE, Arena.ofAuto());

    @Test
    void defaultsInTheirPlacesPass() {
        write(512, 1);
        assertThatCode(() -> struct.check(EXPECTED)).doesNotThrowAnyException();
    }

    @Test
    void valueInAnotherPlaceIsRefusedByName() {
        write(512, 0);
        assertThatThrownBy(() -> struct.check(EXPECTED))
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("some_params")
                .hasMessageContaining("offload is 0 instead of 1");
    }

    @Test
    void largerStructIsRefusedWithoutHarm() {
        MemorySegment memory = write(512, 1);
        memory.reinterpret(SIZE + 8).set(JAVA_BYTE, SIZE + 3, (byte) 0);
        assertThatThrownBy(() -> struct.check(EXPECTED))
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("larger than 16 bytes");
    }

    private MemorySegment write(int context, int offload) {
        MemorySegment memory = struct.allocator().allocate(SIZE, 8);
        memory.set(JAVA_INT, 0, context);
        memory.set(JAVA_BYTE, 12, (byte) offload);
        return memory;
    }
}
