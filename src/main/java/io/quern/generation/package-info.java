/**
 * The domain: what a client asks for ({@link io.quern.generation.GenerationRequest}) and what comes back
 * ({@link io.quern.generation.GenerationEvent}), with the typed errors that can end it.
 *
 * <p>Owns values only: immutable, free of threads, frameworks and I/O. Does not own how a request travels or where it runs.
 */
@NullMarked
package io.quern.generation;

import org.jspecify.annotations.NullMarked;
