package io.quern.worker;

import io.quern.wire.Generate;
import io.quern.wire.Sampling;
import java.util.List;

/** Creates requests to the test model. */
final class Prompts {
    /** Sixteen prompts of different lengths, so that no two sequences are in step. */
    static final List<String> QUESTIONS = List.of(
            "What is the capital of France?",
            "Tell me a story about a fox.",
            "List three colours.",
            "Why is the sky blue? Explain it to a child in two sentences, please.",
            "Write a haiku.",
            "Hi!",
            "How do I boil an egg? I have a pan, water, salt and a spoon, but no clock in the kitchen.",
            "What is 2 + 2?",
            "Name a river in Africa and one in Asia.",
            "你好，你是谁？",
            "Say something nice about rain 🌧.",
            "Continue: one, two, three,",
            "Who wrote Hamlet?",
            "What does a compiler do?",
            "Give me a synonym of quick.",
            "Describe the sea at night in the style of an old sailor who has seen too much of it.");

    private Prompts() {}

    static Generate.Builder ask(String question, int maxTokens) {
        return raw("<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n", maxTokens);
    }

    /** @param maxTokens the limit, or 0 to fill the context */
    static Generate.Builder raw(String prompt, int maxTokens) {
        Generate.Builder request = Generate.newBuilder()
                .setPrompt(prompt)
                .setIgnoreEos(true)
                .setPrefixScope("one client")
                .setSampling(Sampling.newBuilder().setTopP(1).setRepetitionPenalty(1));
        return maxTokens == 0 ? request : request.setMaxTokens(maxTokens);
    }

    static Generate.Builder sampled(Generate.Builder request, long seed) {
        request.getSamplingBuilder()
                .setTemperature(0.8f)
                .setTopP(0.95f)
                .setTopK(40)
                .setFrequencyPenalty(0.2f)
                .setRepetitionPenalty(1.1f)
                .setSeed(seed);
        return request;
    }
}
