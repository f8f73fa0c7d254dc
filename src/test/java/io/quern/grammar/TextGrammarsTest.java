package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextGrammarsTest {
    private static final TextGrammars GRAMMARS = new TextGrammars(GrammarLimits.DEFAULT);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "abc", "a|b|", "(?:ab)*c?", "[a-c]{2,4}x+", "^\\d{3}-\\d{4}$", "\\w+@\\w+\\.com", "(a|ab)(c|bcd)",
                        "[^a-z]\\s\\S",
                "(a*)*b", "a{0,3}a{0,3}", "\\u0041\\x42\\/\\.", "(?<year>\\d{4})", "é[à-ü]?", "a.c", "\\p{Lu}\\P{L}",
                        "(^a|b)c$"
            })
    void textsMatchTheExpression(String regex) {
        Sentences sentences = new Sentences(GRAMMARS.regex(regex, "guided_regex"));
        Random random = new Random(1);
        assertThat(IntStream.range(0, 200).mapToObj(i -> sentences.next(random)))
                .allMatch(Pattern.compile(regex).asMatchPredicate());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            (?=a)b         ~ lookahead
            (?<!a)b        ~ lookbehind
            (a)\\1         ~ back reference
            a\\b           ~ word boundary
            (              ~ needs a )
            a)             ~ a ) without a (
            [a             ~ a [ without a ]
            []             ~ empty class
            *a             ~ a quantifier without an operand
            a{2,1}         ~ maximum is below its minimum
            a{3000}        ~ more than 2000 times
            a**            ~ two quantifiers in a row
            a\\            ~ ends with a backslash
            \\q            ~ unknown escape
            [z-a]          ~ wrong range
            (?i)a          ~ kind of group
            [[a]]          ~ escape it
            ((a{100}){100}){100} ~ too complex
            (a|b)*a(a|b){30}     ~ too complex
            a^b            ~ allows no text
            """)
    void expressionThatIsNoGrammarIsRefused(String regex, String message) {
        assertThatThrownBy(() -> GRAMMARS.regex(regex.replace("\\\\", "\\"), "guided_regex"))
                .isInstanceOf(GrammarException.class)
                .hasMessageStartingWith("guided_regex ")
                .hasMessageContaining(message);
    }

    @Test
    void choicesAreExactlyTheTexts() {
        List<String> texts = List.of("yes", "no", "yes, but", "\"quoted\\\"", "né\n");
        Sentences sentences = new Sentences(GRAMMARS.choice(texts, "guided_choice"));
        Random random = new Random(1);
        assertThat(IntStream.range(0, 200).mapToObj(i -> sentences.next(random)).collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(texts);
    }

    @Test
    void thousandsOfChoicesShareTheirBeginnings() {
        List<String> texts =
                IntStream.range(0, 5000).mapToObj(i -> "choice " + i).toList();
        assertThat(GRAMMARS.choice(texts, "guided_choice").gbnf()).hasSizeLessThan(200_000);
    }

    @Test
    void noChoiceAndEmptyChoiceAreRefused() {
        assertThatThrownBy(() -> GRAMMARS.choice(List.of(), "guided_choice"))
                .hasMessage("guided_choice must have at least one choice");
        assertThatThrownBy(() -> GRAMMARS.choice(List.of("a", ""), "guided_choice"))
                .hasMessage("guided_choice[1] must not be empty");
    }

    @Test
    void grammarIsWrittenAsItWasRead() {
        String gbnf =
                "# a list\nroot ::= item+ # items\nitem ::= \"- \" [^\\r\\n\\x0b-\\x0c]{1,3} (\"\\n\" |\n \"!\")? .\n";
        Grammar grammar = GRAMMARS.gbnf(gbnf, "grammar");
        Grammar again = new GrammarBuilder(GrammarLimits.DEFAULT)
                .embed("x", GRAMMARS.gbnf(grammar.gbnf().replace("quern-", "q-"), "grammar"))
                .build("x", "grammar");
        Pattern pattern = Pattern.compile("(?s)(?:- [^\\r\\n\\x0b\\x0c]{1,3}[\\n!]?.)+");
        for (Grammar one : List.of(grammar, again)) {
            Sentences sentences = new Sentences(one);
            Random random = new Random(2);
            assertThat(IntStream.range(0, 200).mapToObj(i -> sentences.next(random)))
                    .allMatch(pattern.asMatchPredicate());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            other ::= "a"                               ~ has no rule root
            root ::= other                              ~ other, which does not exist
            root ::= root "a" | "b"                     ~ left recursive
            root ::= a root "x" | "y"\\na ::= b\\nb ::= "" | "z" ~ left recursive
            root ::= ("a"*)* "b"                        ~ may be empty
            root ::= "x" root "y" | "x" root "z" | "x"  ~ begin alike
            root ::= ("a"?){0,1000}                     ~ too complex
            root ::= "a"{5,2}                           ~ below its minimum
            root ::= "a"{0,3000}                        ~ more than 2000 repetitions
            root ::= "a"{99999999999999999999}          ~ more than 2000 repetitions
            root ::= <[12]>                             ~ tokens are not supported
            root ::= "\\q"                              ~ unknown escape
            root ::= "\\u12"                            ~ 4 hexadecimal digits
            root ::= "\\ud800"                          ~ unpaired surrogate
            root ::= [\\U00110000]                      ~ no character with this code
            root ::= [z-a]                              ~ ends before it begins
            root ::= []                                 ~ a class is empty
            root ::= "a                                 ~ does not end
            root ::= ("a"                               ~ expected )
            root := "a"                                 ~ expected ::=
            root ::= "a" )                              ~ end of the line
            root ::= ""*                                ~ empty text is repeated
            root ::= "a"**                              ~ two repetitions follow each other
            root ::= *                                  ~ needs something in front
            root ::= "a"\\nroot ::= "b"                 ~ defined twice
            root ::= "a"\\nlazy ::= "b"                 ~ reserved
            root ::= "a" root                           ~ allows no text
            """)
    void grammarThatHarmsLlamaCppIsRefused(String gbnf, String message) {
        assertThatThrownBy(() -> GRAMMARS.gbnf(gbnf.replace("\\n", "\n"), "guided_grammar"))
                .isInstanceOf(GrammarException.class)
                .hasMessageStartingWith("guided_grammar ")
                .hasMessageContaining(message);
    }

    @Test
    void hugeGrammarsAreRefusedInBoundedWork() {
        StringBuilder doubling = new StringBuilder("root ::= r0\n");
        StringBuilder diverging = new StringBuilder("root ::= r0\n");
        StringBuilder chain = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 60; i++) {
            doubling.append("r" + i + " ::= r" + (i + 1) + " | r" + (i + 1) + " \"x\"\n");
            diverging.append("r" + i + " ::= \"x\" r" + (i + 1) + " \"a\" | \"x\" r" + (i + 1) + " \"b\"\n");
        }
        for (int i = 0; i < 15_000; i++) {
            chain.append("r" + i + " ::= r" + (i + 1) + "\n");
        }
        String literal = "root ::= \"" + "a".repeat(100_000) + "\"{2000}";
        String nested = "root ::= " + "(".repeat(100_000) + "\"a\"" + ")".repeat(100_000);
        assertThat(List.of(
                        doubling + "r60 ::= \"a\"",
                        diverging + "r60 ::= \"a\"",
                        chain + "r15000 ::= \"a\"",
                        literal,
                        nested,
                        "root ::= \"a\"\n" + "#".repeat(2_000_000)))
                .allSatisfy(gbnf ->
                        assertThatThrownBy(() -> GRAMMARS.gbnf(gbnf, "grammar")).isInstanceOf(GrammarException.class));
    }
}
