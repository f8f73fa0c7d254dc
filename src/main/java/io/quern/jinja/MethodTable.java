package io.quern.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The methods of one of Python's types: those that are here, those that the sandbox keeps back, and those that are
 * missing here.
 */
final class MethodTable<T> {
    private record Known<T>(Signature signature, Method<T> method) {}

    private final String type;
    private final Map<String, Known<T>> known = new HashMap<>();
    private final Set<String> changing;
    private final Set<String> missing;

    MethodTable(String type, List<String> changing, List<String> missing) {
        this.type = type;
        this.changing = Set.copyOf(changing);
        this.missing = Set.copyOf(missing);
    }

    /** @param signature as {@link Signature#parse} reads it */
    MethodTable<T> with(String signature, Method<T> method) {
        Signature parsed = Signature.parse(signature);
        known.put(parsed.function(), new Known<>(parsed, method));
        return this;
    }

    /** Bound to the object; null where Python knows none of that name either. */
    @Nullable
    Object of(T self, String name) {
        Known<T> method = known.get(name);
        if (method != null) {
            return Method.bound(method.signature, method.method, self);
        }
        if (changing.contains(name)) {
            return Undefined.of(name + " would change a " + type + ", which templates may not");
        }
        if (missing.contains(name)) {
            throw TemplateError.unsupported("the method " + name + " of " + type);
        }
        return null;
    }
}
