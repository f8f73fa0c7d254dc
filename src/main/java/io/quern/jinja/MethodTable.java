package io.quern.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The methods of a Python type: implemented ones, those that the sandbox forbids, and those that are not implemented.
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

    /** Returns the method bound to the object; null if Python has no method of that name either. */
    @Nullable
    Object of(T self, String name) {
        Known<T> method = known.get(name);
        if (method != null) {
            return Method.bound(method.signature, method.method, self);
        }
        if (changing.contains(name)) {
            return Undefined.of(name + " would change a " + type + ", which templates must not do");
        }
        if (missing.contains(name)) {
            throw TemplateError.unsupported("the method " + name + " of " + type);
        }
        return null;
    }
}
