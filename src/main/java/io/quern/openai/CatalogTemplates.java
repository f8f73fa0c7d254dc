package io.quern.openai;

import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.generation.Prompt;
import io.quern.model.Conversation;
import io.quern.model.ServedModel;
import io.quern.tools.AnswerFormat;

/** The chat templates of the models in the catalog. */
record CatalogTemplates(ModelCatalog catalog) implements Templates {
    @Override
    public Prompt.Text render(String model, Conversation conversation) {
        return open(model).renderChat(conversation);
    }

    @Override
    public AnswerFormat format(String model, boolean tools) {
        return open(model).answerFormat(tools);
    }

    private ServedModel open(String name) {
        HostedModel model = catalog.named(name).orElseThrow();
        if (!model.model().isOpen()) {
            // it is still downloaded
            throw new GenerationException(
                    model.admission().refusal().orElseGet(() -> new GenerationError.Loading("Loading model")));
        }
        return model.model();
    }
}
