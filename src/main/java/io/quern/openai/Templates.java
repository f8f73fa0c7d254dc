package io.quern.openai;

import io.quern.generation.Prompt;
import io.quern.model.Conversation;
import io.quern.tools.AnswerFormat;

/** The chat templates of the models. */
interface Templates {
    /** Creates the prompt for a model. Blocks. */
    Prompt.Text render(String model, Conversation conversation);

    /**
     * Returns what the text of a model's answers means. Blocks.
     *
     * @param tools whether the model may call tools
     */
    AnswerFormat format(String model, boolean tools);
}
