/**
 * Jinja templates as model files carry them, rendered the way Python's jinja2 renders them for Hugging Face's transformers.
 *
 * <p>jinjava brings the scanner of expressions, the nodes, the interpreter and the scopes; what a value means (truth, equality,
 * undefined, methods of strings, whitespace around blocks) is ours, since jinjava follows Java's expression language there and a
 * chat would come out subtly different. Owns no threads and knows nothing of chats. Text that is rendered is never read as a
 * template.
 */
package io.quern.model.jinja;
