/**
 * The rim: the application's main, which sends {@code worker} and {@code probe} to their plain mains before Quarkus boots; its commands; what an
 * engine of its own tells of its endpoints.
 *
 * <p>May see every room; no room sees it.
 */
package io.quern.cli;
