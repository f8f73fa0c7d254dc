package io.quern.fork;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EntryPointLinkTest {

    @Test
    void launcherIsTheParentThatSetTheVariable() {
        assertThat(find("17:5:6", 17)).contains(new EntryPointLink(17, 5, 6));
        assertThat(find("1:5:6", 1)).contains(new EntryPointLink(1, 5, 6));
    }

    @Test
    void variableOfAnotherParentIsIgnored() {
        // a shell runs between them, or a grandchild inherited the variable
        assertThat(find("17:5:6", 18)).isEmpty();
        assertThat(EntryPointLink.find(Map.of(), Optional.of(17L))).isEmpty();
        assertThat(EntryPointLink.find(Map.of(EntryPointLink.VARIABLE, "17:5:6"), Optional.empty()))
                .isEmpty();
    }

    @Test
    void malformedVariableIsIgnored() {
        assertThat(find("", 17)).isEmpty();
        assertThat(find("17", 17)).isEmpty();
        assertThat(find("17:5", 17)).isEmpty();
        assertThat(find("17:5:-6", 17)).isEmpty();
        assertThat(find("99999999999999999999:5:6", 17)).isEmpty();
    }

    private static Optional<EntryPointLink> find(String link, long parent) {
        return EntryPointLink.find(Map.of(EntryPointLink.VARIABLE, link), Optional.of(parent));
    }
}
