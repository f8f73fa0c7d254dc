/** Measures what drafts gain for single streams. */
package io.quern.drafts;
