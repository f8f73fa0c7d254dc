/**
 * Quern's tab in Quarkus' Dev UI, in development mode alone.
 *
 * <p>Owns a build step and a web component that shows what {@code ops} serves; knows no other room.
 */
@NullMarked
package io.quern.devui;

import org.jspecify.annotations.NullMarked;
