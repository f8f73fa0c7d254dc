/**
 * Finds the engines that run on this machine. Each engine records itself in the home; a record is believed only while
 * its process runs.
 *
 * <p>Only engines of the same home are found. Others are named by their URL.
 */
@NullMarked
package io.quern.engines;

import org.jspecify.annotations.NullMarked;
