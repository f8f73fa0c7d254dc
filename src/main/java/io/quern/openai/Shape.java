package io.quern.openai;

/** The two forms of an answer, as the JSON around the text. */
enum Shape {
    CHAT(
            "chatcmpl-",
            "chat.completion",
            "chat.completion.chunk",
            "\"message\":{\"role\":\"assistant\",\"content\":\"",
            "\",\"refusal\":null}",
            "\"delta\":{\"content\":\"",
            "\"}",
            "\"delta\":{}"),
    COMPLETION(
            "cmpl-", "text_completion", "text_completion", "\"text\":\"", "\"", "\"text\":\"", "\"", "\"text\":\"\"");

    final String idPrefix;
    final String wholeObject;
    final String chunkObject;
    final String beforeWhole;
    final String afterWhole;
    final String beforeDelta;
    final String afterDelta;
    final String noDelta;

    Shape(
            String idPrefix,
            String wholeObject,
            String chunkObject,
            String beforeWhole,
            String afterWhole,
            String beforeDelta,
            String afterDelta,
            String noDelta) {
        this.idPrefix = idPrefix;
        this.wholeObject = wholeObject;
        this.chunkObject = chunkObject;
        this.beforeWhole = beforeWhole;
        this.afterWhole = afterWhole;
        this.beforeDelta = beforeDelta;
        this.afterDelta = afterDelta;
        this.noDelta = noDelta;
    }
}
