package io.quern.jinja;

import java.util.Iterator;

/**
 * What filters such as {@code map} and {@code select} return: elements that are made when they are asked for, once.
 *
 * @param what for messages, such as {@code the result of map}
 */
record Generator(String what, Iterator<Object> elements) {}
