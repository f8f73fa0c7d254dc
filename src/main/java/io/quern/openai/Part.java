package io.quern.openai;

/** A piece of one choice, in the order in which the client gets it. */
sealed interface Part {

    /** Text of the answer itself. */
    record Content(String text) implements Part {}

    /** Text in which the model thinks before it answers. */
    record Reasoning(String text) implements Part {}

    /**
     * The model begins to call a tool.
     *
     * @param index number of the call within the choice, from 0; calls begin in this order
     * @param id by which the tool's result refers to the call
     */
    record ToolCallStart(int index, String id, String name) implements Part {}

    /**
     * More of the arguments of a call that has begun.
     *
     * @param text a piece of a JSON document
     */
    record ToolCallArguments(int index, String text) implements Part {}
}
