package io.quern.worker;

/** A sequence and its sequence id in llama.cpp's cache. */
record Slot(int number, Sequence sequence) {}
