package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Generate;
import io.quern.wire.Rejected;
import org.junit.jupiter.api.Test;

class RequestsTest {
    private final Requests requests = new Requests(2);

    @Test
    void moreRequestsThanSlotsAreRefused() {
        assertThat(requests.admit(request(1))).isNull();
        assertThat(requests.admit(request(2))).isNull();
        assertThat(requests.admit(request(3)).getReason()).isEqualTo(Rejected.Reason.NO_SLOT);
    }

    @Test
    void runningRequestIsRefusedAgain() {
        requests.admit(request(1));
        assertThat(requests.admit(request(1)).getReason()).isEqualTo(Rejected.Reason.INVALID);
    }

    @Test
    void cancelledRequestMakesRoomAtOnce() {
        Request first = request(1);
        requests.admit(first);
        requests.admit(request(2));
        requests.cancel(1);
        assertThat(first.cancelled()).isTrue();
        assertThat(requests.admit(request(3))).isNull();
    }

    @Test
    void endKeepsLaterRequestWithSameId() {
        Request first = request(1);
        requests.admit(first);
        requests.cancel(1);
        requests.admit(request(1));
        requests.remove(first);
        requests.admit(request(2));
        assertThat(requests.admit(request(3)).getReason()).isEqualTo(Rejected.Reason.NO_SLOT);
    }

    private static Request request(long id) {
        return new Request(Generate.newBuilder().setRequest(id).build());
    }
}
