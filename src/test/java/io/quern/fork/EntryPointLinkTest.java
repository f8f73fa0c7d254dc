package io.quern.fork;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OwnerTest {

    @Test
    void theLauncherIsTheParentThatSetTheVariable() {
        assertThat(find("17:5:6", 17)).contains(new Owner(17, 5, 6));
        assertThat(find("1:5:6", 1)).contains(new Owner(1, 5, 6));
    }

    @Test
    void anotherParentIsNoOwner() {
        // a shell between them, or a variable that was inherited further down
        assertThat(find("17:5:6", 18)).isEmpty();
        assertThat(Owner.find(Map.of(), Optional.of(17L))).isEmpty();
        assertThat(Owner.find(Map.of(Owner.VARIABLE, "17:5:6"), Optional.empty()))
                .isEmpty();
    }

    @Test
    void whatIsNoLinkIsNone() {
        assertThat(find("", 17)).isEmpty();
        assertThat(find("17", 17)).isEmpty();
        assertThat(find("17:5", 17)).isEmpty();
        assertThat(find("17:5:-6", 17)).isEmpty();
        assertThat(find("99999999999999999999:5:6", 17)).isEmpty();
    }

    private static Optional<Owner> find(String link, long parent) {
        return Owner.find(Map.of(Owner.VARIABLE, link), Optional.of(parent));
    }
}
