/**
 * Finds model files and reads what can be known of a model without loading it: GGUF metadata, context length, chat
 * template.
 *
 * <p>It also renders prompts. Weights and tokens belong to the worker.
 */
@NullMarked
package io.quern.model;

import org.jspecify.annotations.NullMarked;
