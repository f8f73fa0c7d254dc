/**
 * What the engine's children are kept from: files, system calls, variables of the engine's environment. The native program takes it
 * from them.
 */
package io.quern.sandbox;
