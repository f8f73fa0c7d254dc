/** Load on an engine with more models than fit into memory. */
package io.quern.models;
