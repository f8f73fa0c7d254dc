/**
 * Contains the domain: what a client asks for ({@link io.quern.generation.GenerationRequest}), what it gets back
 * ({@link io.quern.generation.GenerationEvent}), and the typed errors that can end a generation.
 *
 * <p>Everything here is an immutable value without threads, frameworks or I/O. Other rooms decide how a request travels
 * and where it runs.
 */
@NullMarked
package io.quern.generation;

import org.jspecify.annotations.NullMarked;
