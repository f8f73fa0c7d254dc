/**
 * The rim: the application's main, which sends {@code worker} to its plain main before Quarkus boots.
 *
 * <p>May see every room; no room sees it.
 */
package io.quern.cli;
