package io.quern.jinja;

/** Python's None, which is a value: defined, other than undefined. */
enum None {
    NONE
}
