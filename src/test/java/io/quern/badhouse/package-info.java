/** A house that breaks every rule of the real one, for the test that wants to see the rules bite. */
package io.quern.badhouse;
