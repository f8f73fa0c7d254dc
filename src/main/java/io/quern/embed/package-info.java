/**
 * The rim of an engine within another application: what that application injects ({@link io.quern.embed.QuernEngine}), the check of
 * the configuration's keys, and the worker that runs in the engine's own process.
 *
 * <p>May see every room but {@code cli}; no room but {@code cli} sees it.
 */
@NullMarked
package io.quern.embed;

import org.jspecify.annotations.NullMarked;
