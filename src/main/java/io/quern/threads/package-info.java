/**
 * Makes the engine's own threads, and takes what ends one of them. An engine that goes on without one of its threads is half alive: it
 * looks well and does not do its work.
 */
@NullMarked
package io.quern.threads;

import org.jspecify.annotations.NullMarked;
