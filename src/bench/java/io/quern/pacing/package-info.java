/** Measures how long prompts slow down the streams that run beside them. */
package io.quern.pacing;
