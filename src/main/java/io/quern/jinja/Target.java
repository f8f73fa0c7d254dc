package io.quern.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The left side of an assignment. */
sealed interface Target {
    /** A name in the frame. */
    record Name(String name) implements Target {}

    /** An attribute of a namespace. */
    record Attribute(String base, String name) implements Target {}

    /** Several targets, to which the elements of the value are assigned. */
    record Several(List<Target> targets) implements Target {}

    /** Parses the target after {@code set} or {@code for}. */
    static Target read(Tokens tokens, Names names, boolean attributes) {
        Target first = one(tokens, names, attributes);
        if (!tokens.at(",")) {
            return first;
        }
        List<Target> targets = new ArrayList<>(List.of(first));
        while (tokens.takeIf(",") && !tokens.at("in") && !tokens.at("=") && !tokens.at(")") && !tokens.atEnd()) {
            targets.add(one(tokens, names, attributes));
        }
        return new Several(targets);
    }

    private static Target one(Tokens tokens, Names names, boolean attributes) {
        if (tokens.takeIf("(")) {
            Target inner = read(tokens, names, attributes);
            tokens.expect(")");
            return inner;
        }
        String name = tokens.name();
        if (attributes && tokens.takeIf(".")) {
            names.read(name);
            return new Attribute(name, tokens.name());
        }
        if (List.of("true", "false", "none", "True", "False", "None").contains(name)) {
            throw tokens.error("nothing can be assigned to '" + name + "'");
        }
        return new Name(name);
    }

    /** @throws TemplateError if the value does not fit */
    default void assign(Object value, Frame frame) {
        switch (this) {
            case Name target -> frame.set(target.name, value);
            case Attribute target -> {
                if (!(frame.get(target.base) instanceof Namespace namespace)) {
                    throw new TemplateError(
                            "'" + target.base + "' is not a namespace; templates can only change namespaces");
                }
                namespace.set(target.name, value);
            }
            case Several several -> share(several.targets, value, frame);
        }
    }

    private static void share(List<Target> targets, Object value, Frame frame) {
        List<Object> elements = new ArrayList<>();
        Iterator<Object> all = Values.iterator(value, frame.budget());
        while (all.hasNext() && elements.size() <= targets.size()) {
            elements.add(all.next());
        }
        if (elements.size() != targets.size()) {
            throw new TemplateError("cannot assign " + (elements.size() > targets.size() ? "more" : "fewer") + " than "
                    + targets.size() + " elements to " + targets.size() + " names");
        }
        for (int i = 0; i < targets.size(); i++) {
            targets.get(i).assign(elements.get(i), frame);
        }
    }
}
