package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentGrammarsTest {
    private static final Grammar GRAMMAR = Documents.grammar("{'type': 'boolean'}");

    @Test
    void oldestGrammarsGoFirst() {
        int size = GRAMMAR.rules().size();
        RecentGrammars recent = new RecentGrammars(4 * size);
        for (String schema : new String[] {"a", "b", "c", "d"}) {
            recent.put(key(schema), GRAMMAR);
        }
        assertThat(recent.get(key("a"))).isSameAs(GRAMMAR);
        recent.put(key("e"), GRAMMAR);
        assertThat(recent.get(key("a"))).isNotNull();
        assertThat(recent.get(key("b"))).isNull();
        assertThat(recent.get(key("e"))).isNotNull();
    }

    @Test
    void largeGrammarsAreNotKept() {
        RecentGrammars recent = new RecentGrammars(4 * GRAMMAR.rules().size() - 1);
        recent.put(key("a"), GRAMMAR);
        assertThat(recent.get(key("a"))).isNull();
    }

    @Test
    void orderOfPropertiesMatters() {
        String ab = "{'properties':{'a':{'const':1},'b':{'const':2}},'required':['a','b']}";
        String ba = "{'properties':{'b':{'const':2},'a':{'const':1}},'required':['a','b']}";
        assertThat(Documents.grammar(ab).gbnf())
                .isEqualTo(Documents.grammar(ab).gbnf())
                .isNotEqualTo(Documents.grammar(ba).gbnf());
    }

    private static RecentGrammars.Key key(String schema) {
        return new RecentGrammars.Key(schema, GrammarLimits.DEFAULT, false);
    }
}
