package io.quern.model.jinja;

import java.util.List;

/** The variable {@code loop}. */
record Loop(List<Object> elements, int place) implements Attributes {

    @Override
    public Object attribute(String name) {
        int last = elements.size() - 1;
        return switch (name) {
            case "index" -> place + 1L;
            case "index0" -> (long) place;
            case "revindex" -> last - place + 1L;
            case "revindex0" -> (long) last - place;
            case "first" -> place == 0;
            case "last" -> place == last;
            case "length" -> (long) elements.size();
            case "previtem" -> neighbour(place - 1, name);
            case "nextitem" -> neighbour(place + 1, name);
            case "cycle" ->
                (Callable) (interpreter, arguments) -> {
                    if (arguments.positional().isEmpty()) {
                        throw new TemplateError("loop.cycle needs values");
                    }
                    return arguments
                            .positional()
                            .get(place % arguments.positional().size());
                };
            default -> null;
        };
    }

    private Object neighbour(int index, String name) {
        return index >= 0 && index < elements.size()
                ? None.orValue(elements.get(index))
                : new Undefined("'loop." + name + "'");
    }

    @Override
    public String toString() {
        return "loop";
    }
}
