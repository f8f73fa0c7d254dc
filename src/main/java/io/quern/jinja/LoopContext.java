package io.quern.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}, which also iterates over the elements. As in jinja2, it looks ahead only on demand. */
final class LoopContext implements Attributes, Callable {
    /** Renders the loop's body again, for {@code loop(...)} in a recursive loop. */
    @FunctionalInterface
    interface Recursion {
        String render(Object over, int depth);
    }

    private final int depth;
    private final @Nullable Recursion recursion;
    private final Budget budget;
    private Iterator<Object> elements;
    private long length;
    private long index0 = -1;
    private @Nullable Object previous;
    private @Nullable Object current;
    private @Nullable Object next;
    private @Nullable List<Object> lastChanged;

    /**
     * @param length number of elements, or -1 if not yet known
     * @param recursion null if the loop is not recursive
     */
    LoopContext(Iterator<Object> elements, long length, int depth, @Nullable Recursion recursion, Budget budget) {
        this.elements = elements;
        this.length = length;
        this.depth = depth;
        this.recursion = recursion;
        this.budget = budget;
    }

    boolean hasNext() {
        return next != null || elements.hasNext();
    }

    Object advance() {
        previous = current;
        Object element = next == null ? elements.next() : next;
        current = element;
        next = null;
        index0++;
        return element;
    }

    long length() {
        if (length < 0) {
            List<Object> rest = new ArrayList<>();
            while (elements.hasNext()) {
                budget.elements(1);
                rest.add(elements.next());
            }
            length = index0 + 1 + (next == null ? 0 : 1) + rest.size();
            elements = rest.iterator();
        }
        return length;
    }

    private @Nullable Object peek() {
        if (next == null && elements.hasNext()) {
            next = elements.next();
        }
        return next;
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "index" -> index0 + 1;
            case "index0" -> index0;
            case "revindex" -> length() - index0;
            case "revindex0" -> length() - index0 - 1;
            case "first" -> index0 == 0;
            case "last" -> peek() == null;
            case "length" -> length();
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> Objects.requireNonNullElse(previous, Undefined.of("there is no previous element"));
            case "nextitem" -> Objects.requireNonNullElse(peek(), Undefined.of("there is no next element"));
            case "cycle" -> (Callable) this::cycle;
            case "changed" -> (Callable) this::changed;
            default -> null;
        };
    }

    private Object cycle(Rendering rendering, Arguments arguments) {
        List<Object> values = arguments.positional();
        if (values.isEmpty() || !arguments.named().isEmpty()) {
            throw new TemplateError("loop.cycle needs at least one value and no named arguments");
        }
        return values.get((int) (index0 % values.size()));
    }

    private Object changed(Rendering rendering, Arguments arguments) {
        List<Object> now = arguments.positional();
        boolean changed =
                lastChanged == null || !Values.equal(new Tuple(lastChanged), new Tuple(now), rendering.budget());
        lastChanged = now;
        return changed;
    }

    /** Implements {@code loop(...)}. */
    @Override
    public Object call(Rendering rendering, Arguments arguments) {
        if (recursion == null) {
            throw new TemplateError("the loop is not recursive");
        }
        Object[] given = OVER.bind(arguments);
        return recursion.render(given[0], depth + 1);
    }

    private static final Signature OVER = Signature.parse("loop: iterable");
}
