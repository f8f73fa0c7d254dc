package io.quern.jinja;

/** Python's None, which is a defined value, unlike undefined. */
enum None {
    NONE
}
