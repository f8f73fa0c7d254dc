/**
 * The models that this engine serves: which there are, by which names clients select them, and which are loaded.
 *
 * <p>Owns one {@code HostedModel} for each model: its metadata, its pool of workers and its admission. Does not know
 * how workers run or any client protocol.
 */
@NullMarked
package io.quern.catalog;

import org.jspecify.annotations.NullMarked;
