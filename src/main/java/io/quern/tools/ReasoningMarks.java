package io.quern.tools;

/** The marks around reasoning. */
public record ReasoningMarks(String open, String close) {
    static final ReasoningMarks THINK = new ReasoningMarks("<think>", "</think>");
    static final ReasoningMarks MISTRAL = new ReasoningMarks("[THINK]", "[/THINK]");
    static final ReasoningMarks SEED = new ReasoningMarks("<seed:think>", "</seed:think>");
}
