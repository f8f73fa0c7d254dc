/**
 * Where models come from and what can be known of one without loading it: GGUF metadata, context length, chat template.
 *
 * <p>Owns the file's reading and the rendering of prompts. Does not own weights or tokens: those are the worker's.
 */
@NullMarked
package io.quern.model;

import org.jspecify.annotations.NullMarked;
