package io.quern.model.jinja;

/** Python's None, which is a value: defined, other than undefined. */
enum None {
    NONE;

    static Object orValue(Object value) {
        return value == null ? NONE : value;
    }

    @Override
    public String toString() {
        return "None";
    }
}
