/**
 * Where models come from and what is known of one without loading it: GGUF metadata, context length, chat template.
 *
 * <p>Reads model files and renders prompts. Does not own weights or tokens: those belong to the worker.
 */
@NullMarked
package io.quern.model;

import org.jspecify.annotations.NullMarked;
