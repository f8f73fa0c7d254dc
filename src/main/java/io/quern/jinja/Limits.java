package io.quern.jinja;

import java.time.Duration;

/**
 * Limits of one rendering. A template that exceeds one ends with {@link TemplateException.Fault#LIMIT}.
 *
 * @param time for the whole rendering
 * @param characters (UTF-16 units) of the output, and of every intermediate text
 * @param steps number of operations: one for each expression, each list element that is visited, and every 16
 *     characters of a text
 * @param bytes of all texts, lists and dictionaries that are created, whether or not they are still in use
 */
public record Limits(Duration time, int characters, long steps, long bytes) {}
