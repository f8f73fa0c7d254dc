package io.quern.jinja;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Filters and converts elements on demand, because what happens between two elements may affect the result. */
final class Lazy implements Iterator<Object> {
    private final Iterator<Object> from;
    private final Predicate<Object> kept;
    private final UnaryOperator<Object> made;
    private @Nullable Object next;

    Lazy(Iterator<Object> from, Predicate<Object> kept, UnaryOperator<Object> made) {
        this.from = from;
        this.kept = kept;
        this.made = made;
    }

    @Override
    public boolean hasNext() {
        return peek() != null;
    }

    private @Nullable Object peek() {
        while (next == null && from.hasNext()) {
            Object element = from.next();
            if (kept.test(element)) {
                next = made.apply(element);
            }
        }
        return next;
    }

    @Override
    public Object next() {
        Object element = peek();
        if (element == null) {
            throw new NoSuchElementException();
        }
        next = null;
        return element;
    }
}
