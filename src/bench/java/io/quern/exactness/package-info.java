/** Compares texts of streams that run together with those of the same streams by themselves. */
package io.quern.exactness;
