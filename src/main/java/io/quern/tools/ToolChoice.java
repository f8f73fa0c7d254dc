package io.quern.tools;

/** Says whether the model calls tools. */
public sealed interface ToolChoice {
    /** It calls none, and text that looks like a call is content. */
    record None() implements ToolChoice {}

    /** The model decides. */
    record Auto() implements ToolChoice {}

    /** It calls at least one. */
    record Required() implements ToolChoice {}

    /** It calls the tool of this name. */
    record Named(String name) implements ToolChoice {}
}
