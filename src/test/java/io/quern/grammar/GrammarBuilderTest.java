package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.junit.jupiter.api.Test;

class GrammarBuilderTest {
    private static final GrammarLimits LIMITS = GrammarLimits.DEFAULT;

    @Test
    void embeddedGrammarGetsTheNameAsPrefix() {
        Grammar inner = new GrammarBuilder(LIMITS)
                .rule("start", Expression.sequence(Expression.literal("a"), Expression.reference("end")))
                .rule("end", Expression.literal("b"))
                .build("start", "inner");

        Grammar outer = new GrammarBuilder(LIMITS)
                .embed("call", inner)
                .rule(
                        "root",
                        Expression.sequence(
                                Expression.literal("<tool_call>\n"),
                                Expression.reference("call"),
                                Expression.literal("\"\\")))
                .build("root", "outer");

        assertThat(outer.gbnf().lines())
                .containsExactly(
                        "call ::= \"a\" call-end",
                        "call-end ::= \"b\"",
                        "root ::= \"<tool_call>\\u000a\" call \"\\\"\\\\\"");
    }

    @Test
    void rulesThatNothingRefersToAreLeftOut() {
        Grammar grammar = new GrammarBuilder(LIMITS)
                .rule("root", Expression.literal("a"))
                .rule("unused", Expression.literal("b"))
                .build("root", "here");

        assertThat(grammar.rules()).containsOnlyKeys("root");
    }

    @Test
    void recursionWithoutExitIsRefused() {
        GrammarBuilder builder = new GrammarBuilder(LIMITS)
                .rule("root", Expression.sequence(Expression.literal("a"), Expression.reference("root")));

        assertThatThrownBy(() -> builder.build("root", "here"))
                .isInstanceOf(GrammarException.class)
                .hasMessage("here allows no text");
    }

    @Test
    void anyObjectStartsWithABrace() {
        assertThat(new SchemaGrammars(LIMITS).anyObject().gbnf())
                .startsWith("root ::= json-object\n")
                .contains("json-object ::= \"{\" json-space quern-");
        assertThat(new SchemaGrammars(LIMITS)
                        .of(JsonNodeFactory.instance.booleanNode(true), "schema")
                        .start())
                .isEqualTo("json-document");
    }
}
