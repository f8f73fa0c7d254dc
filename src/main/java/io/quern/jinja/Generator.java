package io.quern.jinja;

import java.util.Iterator;

/**
 * The result of filters such as {@code map} and {@code select}: elements that are created on demand and can be read
 * once.
 *
 * @param what name for messages, such as {@code the result of map}
 */
record Generator(String what, Iterator<Object> elements) {}
