package io.quern.openai;

/**
 * A complete call of a tool.
 *
 * @param arguments a JSON document, as the model wrote it
 */
record ToolCall(String id, String name, String arguments) {}
