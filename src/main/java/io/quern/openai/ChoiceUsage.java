package io.quern.openai;

import io.quern.generation.Usage;

/** Sums up the tokens of all choices. As in OpenAI's API, a prompt counts once, however many choices continue it. */
final class ChoiceUsage {
    private int prompt;
    private int completion;

    void add(int choice, Usage usage) {
        if (choice == 0) {
            prompt += usage.promptTokens();
        }
        completion += usage.completionTokens();
    }

    Usage sum() {
        return new Usage(prompt, completion);
    }
}
