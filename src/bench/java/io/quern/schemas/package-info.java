/** Documents of random schemas, written by a model, and JSON Schema's own test suite. */
package io.quern.schemas;
