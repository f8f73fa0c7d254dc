package io.quern.openai;

/**
 * Describes the form of an answer.
 *
 * @param stream whether to answer with server-sent events
 * @param includeUsage whether to end the stream with a chunk that contains the usage
 */
record ReplyForm(boolean stream, boolean includeUsage) {}
