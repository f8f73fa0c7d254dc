/**
 * Renders Jinja templates from model files as Python's jinja2 does in the environment of Hugging Face's transformers:
 * the immutable sandbox, {@code trim_blocks} and {@code lstrip_blocks}, loop controls, and {@code tojson} without
 * escapes for HTML.
 *
 * <p>The rule of this package: what is implemented behaves as in jinja2 3.1. Everything else raises an error that names
 * it, and so does an argument that a filter, test or function does not have. Tests compare it with results recorded
 * from jinja2. The package owns no threads, knows nothing about chats and imports nothing else of Quern. It never
 * parses rendered text as a template.
 */
@NullMarked
package io.quern.jinja;

import org.jspecify.annotations.NullMarked;
