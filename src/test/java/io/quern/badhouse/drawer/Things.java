package io.quern.badhouse.drawer;

record Things() {}
