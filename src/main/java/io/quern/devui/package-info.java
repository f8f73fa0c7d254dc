/**
 * Quern's tab in Quarkus' Dev UI, in development mode alone.
 *
 * <p>Owns a build step and a web component that shows what {@code ops} serves; knows no other room.
 */
package io.quern.devui;
