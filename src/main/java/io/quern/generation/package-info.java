/**
 * Contains the domain: what a client asks for ({@link io.quern.generation.GenerationRequest}), what it gets back
 * ({@link io.quern.generation.GenerationEvent}), and the typed errors that can end a generation.
 *
 * <p>Everything here is an immutable value without threads, frameworks or I/O. How a request travels and where it runs
 * is the business of other rooms.
 */
@NullMarked
package io.quern.generation;

import org.jspecify.annotations.NullMarked;
