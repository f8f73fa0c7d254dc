package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.grammar.GrammarException;
import io.quern.grammar.GrammarLimits;
import io.quern.grammar.RandomSchemas;
import io.quern.grammar.SchemaGrammars;
import io.quern.grammar.Sentences;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Gives llama.cpp the grammars that the engine makes, and the texts that they allow. */
class GrammarsOfSchemasTest {
    @Test
    void llamaCppAcceptsGrammarsAndTheirTexts() {
        Random random = new Random(3);
        RandomSchemas schemas = new RandomSchemas(random);
        int documents = 0;
        try (LlamaModel model = TestNatives.load(TestModels.demo())) {
            for (int i = 0; i < 20; i++) {
                String schema = "";
                io.quern.grammar.Grammar grammar;
                try {
                    var node = schemas.next();
                    schema = node.toString();
                    grammar = new SchemaGrammars(GrammarLimits.DEFAULT).of(node, "schema");
                } catch (GrammarException e) {
                    continue;
                }
                Sentences sentences = new Sentences(grammar);
                for (int j = 0; j < 2; j++) {
                    String text = sentences.next(random);
                    try (Grammar state = Grammar.of(model, grammar.gbnf(), "root")) {
                        for (int token : model.vocabulary().tokenize(text.getBytes(StandardCharsets.UTF_8), false)) {
                            assertThat(state.accept(token))
                                    .as(schema + "\n" + text)
                                    .isTrue();
                        }
                        assertThat(state.allows(model.vocabulary().endsOfGeneration()[0]))
                                .as(text)
                                .isTrue();
                        documents++;
                    }
                }
            }
        }
        assertThat(documents).isGreaterThan(20);
    }
}
