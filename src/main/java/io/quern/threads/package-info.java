/**
 * Creates the engine's own threads and reports errors that end them. An engine that continues without one of its
 * threads looks healthy but does not do its work.
 */
@NullMarked
package io.quern.threads;

import org.jspecify.annotations.NullMarked;
