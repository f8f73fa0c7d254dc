package io.quern.brokenrules.unknown;

record UnknownRoom() {}
