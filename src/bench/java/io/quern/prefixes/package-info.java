/** Measures what a prompt's beginning costs that many requests share. */
package io.quern.prefixes;
