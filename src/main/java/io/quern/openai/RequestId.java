package io.quern.openai;

import io.vertx.ext.web.RoutingContext;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds or creates the id that names a request in logs and headers. */
final class RequestId {
    static final String HEADER = "x-request-id";
    static final int MAX_LENGTH = 128;

    private RequestId() {}

    /**
     * Returns the id of the exchange. The first call creates it and puts it into the response's headers, so that every
     * answer has it.
     */
    static String assign(RoutingContext http) {
        String id = http.get(HEADER);
        if (id == null) {
            id = of(http.request().getHeader(HEADER));
            http.put(HEADER, id);
            http.response().putHeader(HEADER, id);
        }
        return id;
    }

    /** Returns the client's own id if it can be used in a header and a log line, or else a new one. */
    static String of(@Nullable String incoming) {
        return incoming != null && isUsable(incoming) ? incoming : fresh();
    }

    /** Returns a new id of 32 hexadecimal digits. */
    static String fresh() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private static boolean isUsable(String id) {
        return !id.isEmpty()
                && id.length() <= MAX_LENGTH
                && id.chars().allMatch(c -> c > ' ' && c < 0x7f); // visible ASCII, which cannot forge a log line
    }
}
