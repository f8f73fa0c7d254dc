/**
 * Adds Quern's tab to Quarkus' Dev UI, in development mode only.
 *
 * <p>Contains a build step and a web component that shows what {@code ops} serves. It uses no other room.
 */
@NullMarked
package io.quern.devui;

import org.jspecify.annotations.NullMarked;
