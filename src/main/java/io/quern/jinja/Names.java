package io.quern.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * State of the parser: the names that the enclosing macros read, and whether a condition encloses the current place.
 */
final class Names {
    private final Deque<Set<String>> macros = new ArrayDeque<>();
    private int conditions;

    void read(String name) {
        macros.forEach(names -> names.add(name));
    }

    void enterMacro() {
        macros.push(new HashSet<>());
    }

    /** @return the names that the macro's body has read */
    Set<String> leaveMacro() {
        return macros.pop();
    }

    void enterCondition() {
        conditions++;
    }

    void leaveCondition() {
        conditions--;
    }

    boolean conditional() {
        return conditions > 0;
    }
}
