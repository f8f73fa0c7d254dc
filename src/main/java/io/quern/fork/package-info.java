/**
 * Controls the launcher, a native program that forks workers as a fork server or as the engine's entry point. Contains
 * the messages between launcher and engine, and the launcher's children.
 *
 * <p>This is the engine's side of src/main/c. Package launch describes the worker to fork.
 */
@NullMarked
package io.quern.fork;

import org.jspecify.annotations.NullMarked;
