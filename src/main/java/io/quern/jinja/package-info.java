/**
 * Jinja templates as model files carry them, rendered as Python's jinja2 renders them in the environment that Hugging Face's transformers
 * sets up: the immutable sandbox, {@code trim_blocks} and {@code lstrip_blocks}, loop controls, {@code tojson} without escapes for HTML.
 *
 * <p>The rule of this room: what is implemented equals jinja2 3.1; what is not raises an error that names it, as does an argument that a
 * filter, test or function does not know. A battery that jinja2 itself recorded holds it to that. Owns no threads, knows nothing of chats
 * and imports nothing of ours. Text that is rendered is never read as a template.
 */
@NullMarked
package io.quern.jinja;

import org.jspecify.annotations.NullMarked;
