/** Classes that break each rule of the architecture, for the test that checks that the rules fail. */
package io.quern.brokenrules;
