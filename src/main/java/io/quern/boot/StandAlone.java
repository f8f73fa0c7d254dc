package io.quern.boot;

/** A bean of this type exists only in Quern's own application. Other applications embed the engine. */
public interface StandAlone {}
