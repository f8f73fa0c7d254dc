package io.quern.openai;

/** The two forms of an answer, as the JSON around the text. */
enum Shape {
    CHAT("chatcmpl-", "chat.completion", "chat.completion.chunk", "\"delta\":{\"content\":\"", "\"}", "\"delta\":{}"),
    COMPLETION("cmpl-", "text_completion", "text_completion", "\"text\":\"", "\"", "\"text\":\"\"");

    final String idPrefix;
    final String wholeObject;
    final String chunkObject;
    final String beforeDelta;
    final String afterDelta;
    final String noDelta;

    Shape(
            String idPrefix,
            String wholeObject,
            String chunkObject,
            String beforeDelta,
            String afterDelta,
            String noDelta) {
        this.idPrefix = idPrefix;
        this.wholeObject = wholeObject;
        this.chunkObject = chunkObject;
        this.beforeDelta = beforeDelta;
        this.afterDelta = afterDelta;
        this.noDelta = noDelta;
    }
}
