package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentGrammarsTest {
    private static final RecentGrammars.Made MADE =
            new RecentGrammars.Made(Documents.grammar("{'type': 'boolean'}"), 1);

    /** Of the grammar, and of a schema of one character. */
    private static final int SIZE = MADE.grammar().gbnf().length() + 1;

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
    void lengthOfRulesCountsAndNotTheirNumber() {
        Grammar few = Documents.grammar("{'pattern': '^\\\\p{L}{3}$'}");
        Grammar many = Documents.grammar("{'enum': ['a', 'b', 'c']}");
        RecentGrammars recent = new RecentGrammars(4 * (many.gbnf().length() + 1));
        recent.put(key("a"), new RecentGrammars.Made(many, 1));
        recent.put(key("b"), new RecentGrammars.Made(few, 1));
        assertThat(recent.get(key("a"))).isNotNull();
        assertThat(recent.get(key("b"))).isNull();
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
