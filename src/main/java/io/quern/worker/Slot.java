package io.quern.worker;

/** A sequence and its number in llama.cpp's cache. */
record Slot(int number, Sequence sequence) {}
