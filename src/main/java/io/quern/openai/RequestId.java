package io.quern.openai;

import io.vertx.ext.web.RoutingContext;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Names a request in logs and headers. */
final class RequestId {
    static final String HEADER = "x-request-id";
    static final int MAX_LENGTH = 128;

    private RequestId() {}

    /** The exchange's id, made on the first call and put into the response's headers, so that every answer bears it. */
    static String assign(RoutingContext http) {
        String id = http.get(HEADER);
        if (id == null) {
            id = of(http.request().getHeader(HEADER));
            http.put(HEADER, id);
            http.response().putHeader(HEADER, id);
        }
        return id;
    }

    /** The client's own id where it can stand in a header and a log line, else a fresh one. */
    static String of(@Nullable String incoming) {
        return incoming != null && isUsable(incoming) ? incoming : fresh();
    }

    /** 32 hexadecimal digits. */
    static String fresh() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private static boolean isUsable(String id) {
        return !id.isEmpty()
                && id.length() <= MAX_LENGTH
                && id.chars().allMatch(c -> c > ' ' && c < 0x7f); // visible ASCII: nothing that forges a log line
    }
}
