package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentGrammarsTest {
    private static final RecentGrammars.Made MADE =
            new RecentGrammars.Made(Documents.grammar("{'type': 'boolean'}"), 1);
    private static final int SIZE = MADE.grammar().rules().size();

    @Test
    void oldestGrammarsGoFirst() {
        RecentGrammars recent = new RecentGrammars(4 * SIZE);
        for (String schema : new String[] {"a", "b", "c", "d"}) {
            recent.put(key(schema), MADE);
        }
        assertThat(recent.get(key("a"))).isSameAs(MADE);
        recent.put(key("e"), MADE);
        assertThat(recent.get(key("a"))).isNotNull();
        assertThat(recent.get(key("b"))).isNull();
        assertThat(recent.get(key("e"))).isNotNull();
    }

    @Test
    void largeGrammarsAreNotKept() {
        RecentGrammars recent = new RecentGrammars(4 * SIZE - 1);
        recent.put(key("a"), MADE);
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

    @Test
    void rulesOfAFormatAreWrittenOnce() {
        String one = "{'properties':{'a':{'format':'email'}},'required':['a']}";
        String two = "{'properties':{'a':{'format':'email'},'b':{'format':'email'}},'required':['a','b']}";
        assertThat(Documents.grammar(two).rules().size())
                .isLessThan(Documents.grammar(one).rules().size() + 10);
    }

    private static RecentGrammars.Key key(String schema) {
        return new RecentGrammars.Key(schema, GrammarLimits.DEFAULT, false);
    }
}
