/**
 * Models by name: references, the store of downloaded model files, the client of the model hub, downloads.
 *
 * <p>Owns the files below {@code QUERN_HOME/models}. It knows that a model is a file in GGUF format, but not what is in
 * it: that belongs to {@code model}. Which quantisation fits a machine is decided by {@code boot}.
 */
@NullMarked
package io.quern.store;

import org.jspecify.annotations.NullMarked;
