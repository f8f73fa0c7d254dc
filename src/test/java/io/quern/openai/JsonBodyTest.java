package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the memory that a body may take beyond its length. */
class JsonBodyTest {
    private static final int MANY = 200_000;
    private static final JsonShape SHAPE = JsonShape.object(Map.of(
            "leaf", JsonShape.LEAF,
            "list", JsonShape.array(JsonShape.LEAF, 3),
            "all", JsonShape.array(JsonShape.LEAF, Integer.MAX_VALUE)));

    private final JsonBody json = new JsonBody(16, 1 << 24);
    private long cost;

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            x    ~ []
            x    ~ {"y":[{}]}
            leaf ~ []
            leaf ~ {"y":{"z":0}}
            list ~ []
            list ~ 0
            """)
    void unreadPartsAreNotBuilt(String field, String element) {
        read("{\"" + field + "\":[" + element + ("," + element).repeat(MANY) + "]}");
        assertThat(cost).isZero();
    }

    @Test
    void unknownFieldNamesAreNotBuilt() {
        StringBuilder body = new StringBuilder("{\"leaf\":1");
        for (int i = 0; i < MANY; i++) {
            body.append(",\"f").append(i).append("\":0");
        }
        assertThat(read(body.append("}").toString()).integer("leaf", 0, 0)).isEqualTo(1);
        assertThat(cost).isZero();
    }

    @Test
    void builtPartsAreCharged() {
        read("{\"all\":[0" + ",0".repeat(MANY) + "]}");
        assertThat(cost).isGreaterThan(MANY * 40L);
    }

    @Test
    void refusedMemoryStopsParsing() {
        byte[] body = ("{\"all\":[0" + ",0".repeat(MANY) + "]}").getBytes(UTF_8);
        ApiException refusal = ApiException.invalid(null, "no memory");
        assertThatThrownBy(() -> json.read(body, SHAPE, bytes -> {
                    throw refusal;
                }))
                .isSameAs(refusal);
    }

    @Test
    void unreadContainerKeepsWhetherItIsEmpty() {
        assertThat(read("{\"leaf\":[]}").get("leaf")).isEmpty();
        assertThat(read("{\"leaf\":[[]]}").get("leaf").isArray()).isTrue();
        assertThat(read("{\"leaf\":[[]]}").get("leaf")).isNotEmpty();
        assertThat(read("{\"leaf\":{}}").get("leaf")).isEmpty();
        assertThat(read("{\"leaf\":{\"a\":{}}}").get("leaf").isObject()).isTrue();
        assertThat(read("{\"leaf\":{\"a\":{}}}").get("leaf")).isNotEmpty();
    }

    @Test
    void nestingIsLimitedInSkippedPartsToo() {
        assertThatThrownBy(() -> read("{\"x\":" + "[".repeat(20) + "]".repeat(20) + "}"))
                .hasMessageContaining("quern.openai.max-json-depth");
    }

    @Test
    void fieldOutsideShapeIsADefect() {
        Fields body = read("{\"other\":1}");
        assertThatThrownBy(() -> body.get("other")).isInstanceOf(IllegalArgumentException.class);
    }

    private Fields read(String body) {
        return json.read(body.getBytes(UTF_8), SHAPE, bytes -> cost += bytes);
    }
}
