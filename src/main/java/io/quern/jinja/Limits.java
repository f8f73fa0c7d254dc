package io.quern.jinja;

import java.time.Duration;

/**
 * What one rendering may take. A template that needs more ends with {@link TemplateException.Fault#LIMIT}.
 *
 * @param time for the whole of it
 * @param characters (UTF-16 units) of the output, and of every text made on the way
 * @param steps operations: one for each expression, each element of a list that is looked at, and each few characters of a text
 * @param bytes of all texts, lists and dictionaries made on the way, whether they are still in use or not
 */
public record Limits(Duration time, int characters, long steps, long bytes) {}
