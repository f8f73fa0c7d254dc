/**
 * Finds the llama.cpp libraries for workers, configured or bundled with the application, and checks them. The workers
 * load them.
 */
@NullMarked
package io.quern.libraries;

import org.jspecify.annotations.NullMarked;
