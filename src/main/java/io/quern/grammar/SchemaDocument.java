package io.quern.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A schema with all its parts. Resolves references and combinations of schemas. */
final class SchemaDocument {
    private static final Set<String> COMBINATIONS = Set.of("allOf", "anyOf", "oneOf", "$ref");

    /** Keywords whose content is no schema. */
    private static final Set<String> VALUES = Set.of("enum", "const", "default", "examples");

    private final Located root;
    private final Work work;
    private final Set<Located> checked = new HashSet<>();
    private Consumer<Located> oneOfCheck = schema -> {};

    SchemaDocument(Located root, Work work) {
        this.root = root;
        this.work = work;
    }

    /** Sets the check that refuses a {@code oneOf} whose branches may match the same value. */
    void checkOneOfWith(Consumer<Located> check) {
        oneOfCheck = check;
    }

    void checkOneOf(Located schema) {
        if (checked.add(schema)) {
            oneOfCheck.accept(schema);
        }
    }

    Located root() {
        return root;
    }

    /** A schema yet to be resolved, and the schemas that led to it. */
    private record Pending(Located schema, @Nullable Pending cause) {
        boolean isWithin(Located other) {
            for (Pending pending = this; pending != null; pending = pending.cause) {
                if (pending.schema.equals(other)) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Returns the ways to match all of the schemas: each is a conjunction without references and combinations. Empty if
     * one of the schemas is {@code false}.
     */
    List<Conjunction> alternatives(List<Located> schemas) {
        List<Conjunction> found = new ArrayList<>();
        resolve(schemas.stream().map(schema -> new Pending(schema, null)).toList(), new ArrayList<>(), found);
        return found;
    }

    private void resolve(List<Pending> pending, List<Located> resolved, List<Conjunction> found) {
        List<Pending> todo = new ArrayList<>(pending);
        while (!todo.isEmpty()) {
            work.step(1);
            Pending next = todo.removeFirst();
            Located schema = next.schema;
            if (schema.isAlways() || resolved.contains(schema)) {
                continue;
            }
            if (schema.isNever()) {
                return;
            }
            checkObject(schema);
            resolved.add(schema);
            if (schema.has("$ref")) {
                todo.add(pending(target(schema), next, "$ref"));
            }
            elements(schema, "allOf").forEach(part -> todo.add(pending(part, next, "allOf")));
            List<Located> any = elements(schema, "anyOf");
            List<Located> one = elements(schema, "oneOf");
            if (!one.isEmpty()) {
                checkOneOf(schema);
            }
            if (!any.isEmpty() || !one.isEmpty()) {
                branch(next, any, one, todo, resolved, found);
                return;
            }
        }
        work.step(resolved.size());
        if (found.size() >= work.limits().alternatives()) {
            throw root.refuse(
                    "anyOf",
                    "and the like combine to more than " + work.limits().alternatives()
                            + " alternatives at one place (quern.grammar.max-alternatives)");
        }
        found.add(new Conjunction(List.copyOf(resolved)));
    }

    private void branch(
            Pending of,
            List<Located> any,
            List<Located> one,
            List<Pending> todo,
            List<Located> resolved,
            List<Conjunction> found) {
        for (Located first : any.isEmpty() ? List.of(new Located(root.node(), "")) : any) {
            for (Located second : one.isEmpty() ? List.of(new Located(root.node(), "")) : one) {
                List<Pending> more = new ArrayList<>(todo);
                if (!any.isEmpty()) {
                    more.add(pending(first, of, "anyOf"));
                }
                if (!one.isEmpty()) {
                    more.add(pending(second, of, "oneOf"));
                }
                resolve(more, new ArrayList<>(resolved), found);
            }
        }
    }

    private static Pending pending(Located schema, Pending cause, String keyword) {
        if (cause.isWithin(schema)) {
            throw cause.schema.refuse(keyword, "leads back to itself");
        }
        return new Pending(schema, cause);
    }

    /** Returns the branches of a schema that demands only this choice, or null if it demands more. */
    @Nullable
    List<Located> plainChoice(Located schema, String keyword) {
        return schema.node().isObject() && schema.has(keyword) && isAlone(schema, keyword)
                ? elements(schema, keyword)
                : null;
    }

    /** Returns the schema that a chain of references without anything else leads to. */
    Located withoutReferences(Located schema) {
        Located current = schema;
        Set<Located> seen = new HashSet<>();
        while (current.node().isObject() && current.has("$ref") && isAlone(current, "$ref")) {
            if (!seen.add(current)) {
                throw current.refuse("$ref", "leads back to itself");
            }
            checkObject(current);
            current = target(current);
        }
        return current;
    }

    private static boolean isAlone(Located schema, String keyword) {
        return COMBINATIONS.stream().noneMatch(other -> !other.equals(keyword) && schema.has(other))
                && new Conjunction(List.of(schema)).isAny();
    }

    void checkObject(Located schema) {
        if (!schema.node().isObject()) {
            throw new GrammarException(schema.path(), "type", "must be a schema: an object or a boolean");
        }
        Keywords.check(schema);
        boolean nested = !schema.path().equals(root.path());
        if (nested
                && schema.node().path("$id").isTextual()
                && !schema.node().get("$id").textValue().startsWith("#")) {
            throw schema.refuse("$id", "is supported at the root only");
        }
        if (nested && schema.node().path("id").isTextual() && isDraft4()) {
            throw schema.refuse("id", "is supported at the root only");
        }
    }

    private boolean isDraft4() {
        return root.node().path("$schema").asText().matches(".*draft-0[34].*");
    }

    List<Located> elements(Located schema, String keyword) {
        JsonNode value = schema.node().get(keyword);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray() || value.isEmpty()) {
            throw schema.refuse(keyword, "must be an array with at least one schema");
        }
        List<Located> elements = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) {
            elements.add(schema.get(keyword).get(i));
        }
        return elements;
    }

    private Located target(Located schema) {
        JsonNode reference = schema.node().get("$ref");
        if (reference == null || !reference.isTextual()) {
            throw schema.refuse("$ref", "must be a string");
        }
        String text = reference.textValue();
        String id = root.node().path("$id").asText("");
        String own = !id.isEmpty() && text.startsWith(id) ? text.substring(id.length()) : text;
        Located target =
                own.isEmpty() && !text.isEmpty() ? root : own.startsWith("#") ? within(own.substring(1)) : null;
        if (target == null) {
            throw schema.refuse("$ref", "must point to a schema in the same document, such as #/$defs/name");
        }
        return target;
    }

    private @Nullable Located within(String fragment) {
        if (fragment.isEmpty()) {
            return root;
        }
        if (!fragment.startsWith("/")) {
            return anchored(root, fragment);
        }
        Located current = root;
        for (String token : fragment.substring(1).split("/", -1)) {
            String name = decoded(token).replace("~1", "/").replace("~0", "~");
            if (current.node().isArray()) {
                boolean index =
                        name.matches("0|[1-9][0-9]{0,8}") && current.node().has(Integer.parseInt(name));
                if (!index) {
                    return null;
                }
                current = current.get(Integer.parseInt(name));
            } else if (current.has(name)) {
                current = current.get(name);
            } else {
                return null;
            }
        }
        return current;
    }

    private static String decoded(String token) {
        try {
            return URLDecoder.decode(token.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return token;
        }
    }

    private @Nullable Located anchored(Located schema, String name) {
        List<Located> todo = new ArrayList<>(List.of(schema));
        while (!todo.isEmpty()) {
            Located next = todo.removeLast();
            work.step(1);
            if (next.node().path("$anchor").asText("").equals(name)
                    || next.node().path("$id").asText("").equals("#" + name)) {
                return next;
            }
            if (next.node().isObject()) {
                next.node().properties().stream()
                        .filter(field -> !VALUES.contains(field.getKey()))
                        .forEach(field -> todo.add(next.get(field.getKey())));
            } else {
                for (int i = 0; i < next.node().size(); i++) {
                    todo.add(next.get(i));
                }
            }
        }
        return null;
    }
}
