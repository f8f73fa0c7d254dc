package io.quern.jinja;

import java.util.List;

/**
 * The result of {@code keys()}, {@code values()} or {@code items()} of a dict: it has a length but cannot be indexed.
 */
record View(Kind kind, Dict dict) {
    enum Kind {
        KEYS("dict_keys"),
        VALUES("dict_values"),
        ITEMS("dict_items");

        private final String typeName;

        Kind(String typeName) {
            this.typeName = typeName;
        }
    }

    String typeName() {
        return kind.typeName;
    }

    List<Object> elements() {
        return switch (kind) {
            case KEYS -> dict.keys();
            case VALUES -> dict.values();
            case ITEMS -> dict.items();
        };
    }
}
