package io.quern.jinja;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/** Python's tuple, which is not equal to a list with the same elements and can be a key of a dict. */
class Tuple extends AbstractList<Object> implements RandomAccess {
    private final List<Object> elements;

    Tuple(List<Object> elements) {
        this.elements = elements;
    }

    static Tuple of(Object... elements) {
        return new Tuple(List.of(elements));
    }

    @Override
    public Object get(int index) {
        return elements.get(index);
    }

    @Override
    public int size() {
        return elements.size();
    }
}
