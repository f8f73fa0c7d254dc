/**
 * Contains what an engine needs inside another application: the bean that the application injects
 * ({@link io.quern.embed.QuernEngine}), the check of the configuration's keys, and the worker that runs in the engine's
 * own process.
 *
 * <p>This room may use every room but {@code cli}, and only {@code cli} may use it.
 */
@NullMarked
package io.quern.embed;

import org.jspecify.annotations.NullMarked;
