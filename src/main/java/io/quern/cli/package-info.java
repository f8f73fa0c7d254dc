/**
 * Contains the application's main, its commands, its shutdown, and the parts that apply only if Quern is the
 * application. The main passes {@code worker} and {@code probe} to their own mains before Quarkus boots.
 *
 * <p>This package may use every other one; no other package uses it.
 */
package io.quern.cli;
