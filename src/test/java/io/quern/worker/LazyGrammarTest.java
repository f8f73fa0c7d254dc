package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.llama.Grammar;
import io.quern.llama.LlamaModel;
import io.quern.llama.TestNatives;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads texts with llama.cpp's grammar, as tokens of the demo model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LazyGrammarTest {
    private static final String CALL = "root ::= \"[\" [0-9]+ \"]\" lazy";

    private LlamaModel model;

    @BeforeAll
    void load() {
        model = TestNatives.load(TestModels.demo());
    }

    @AfterAll
    void close() {
        model.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            plain text, <, <<, <too and tool>   ~ COMPLETE
            'é < 漢字 <t<tool'                   ~ COMPLETE
            call <tool>[12] and text            ~ COMPLETE
            call <tool>[12]<tool>[3]            ~ COMPLETE
            call <tool>[12                      ~ OPEN
            call <tool>                         ~ OPEN
            call <tool>x                        ~ REJECTED
            call <<tool>[1]                     ~ COMPLETE
            call <<tool>x                       ~ REJECTED
            call <<x>[1]                        ~ COMPLETE
            call <<x>1                          ~ REJECTED
            call <<<x>[1] <tool>[]              ~ REJECTED
            """)
    void grammarAppliesAfterATriggerOnly(String text, String end) {
        assertThat(read(LazyGrammar.of(CALL, List.of("<tool>", "<<x>")), text)).isEqualTo(end);
    }

    @Test
    void triggerInsideAnotherCounts() {
        LazyGrammar grammar = LazyGrammar.of("root ::= \"!\"", List.of("abcd", "bc"));
        assertThat(read(grammar, "abc!")).isEqualTo("COMPLETE");
        assertThat(read(grammar, "abcd")).isEqualTo("REJECTED");
        assertThat(read(grammar, "ab dc")).isEqualTo("COMPLETE");
    }

    @Test
    void withoutTriggersTheGrammarAppliesAtOnce() {
        assertThat(LazyGrammar.of(CALL, List.of())).isEqualTo(new LazyGrammar(CALL, "root"));
    }

    private String read(LazyGrammar lazy, String text) {
        int[] tokens = model.vocabulary().tokenize(text.getBytes(StandardCharsets.UTF_8), false);
        try (Grammar grammar = Grammar.of(model, lazy.gbnf(), lazy.root())) {
            for (int token : tokens) {
                if (!grammar.accept(token)) {
                    return "REJECTED";
                }
            }
            return grammar.allows(model.vocabulary().endsOfGeneration()[0]) ? "COMPLETE" : "OPEN";
        }
    }
}
