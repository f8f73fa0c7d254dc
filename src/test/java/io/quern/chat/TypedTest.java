package io.quern.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.client.ChatRequest.Sampling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users type: messages of several lines, slash commands, values of options. */
class TypedTest {
    @Test
    void tripleQuotesSpanLines() {
        assertThat(Typed.isIncomplete("\"\"\"first")).isTrue();
        assertThat(Typed.isIncomplete("\"\"\"first\nsecond")).isTrue();
        assertThat(Typed.isIncomplete("\"\"\"first\nsecond\"\"\"")).isFalse();
        assertThat(Typed.text("\"\"\"\nfirst\n\nsecond\n\"\"\"")).isEqualTo("first\n\nsecond");
        assertThat(Typed.text("compare \"\"\"a\"\"\" and \"\"\"b\"\"\""))
                .isEqualTo("compare \"\"\"a\"\"\" and \"\"\"b\"\"\"");
    }

    @Test
    void backslashContinuesTheMessage() {
        assertThat(Typed.isIncomplete("first\\")).isTrue();
        assertThat(Typed.isIncomplete("first\\\nsecond")).isFalse();
        assertThat(Typed.text("first\\\nsecond")).isEqualTo("first\nsecond");
        assertThat(Typed.text("C:\\temp is a folder")).isEqualTo("C:\\temp is a folder");
    }

    @Test
    void ordinaryQuotesHaveNoMeaning() {
        assertThat(Typed.isIncomplete("What's up, \"you\"? (really")).isFalse();
        assertThat(Typed.text("  What's up? ")).isEqualTo("What's up?");
    }

    @Test
    void slashCommandsAreRead() {
        assertThat(SlashCommand.of("hello / there")).isEmpty();
        assertThat(SlashCommand.of(" /help")).isEmpty();
        assertThat(SlashCommand.of("/help")).contains(new SlashCommand.Help());
        assertThat(SlashCommand.of("/bye ")).contains(new SlashCommand.Bye());
        assertThat(SlashCommand.of("/system Be  brief.")).contains(new SlashCommand.SystemMessage("Be  brief."));
        assertThat(SlashCommand.of("/set temperature 0.2")).contains(new SlashCommand.Set("temperature", "0.2"));
        assertThat(SlashCommand.of("/set")).contains(new SlashCommand.ShowOptions());
        assertThat(SlashCommand.of("/set seed")).contains(new SlashCommand.Wrong("Type /set seed VALUE."));
        assertThat(SlashCommand.of("/etc/passwd").orElseThrow())
                .isInstanceOfSatisfying(SlashCommand.Wrong.class, wrong -> assertThat(wrong.advice())
                        .contains("no command /etc/passwd", "space before it"));
    }

    @Test
    void optionsTakeValuesAndDefaults() {
        ChatOptions options = ChatOptions.of(null, "0.5", "100", "7", false);
        assertThat(options.sampling()).isEqualTo(new Sampling(0.5, 100, 7L));
        assertThat(options.with("temperature", "default").sampling()).isEqualTo(new Sampling(null, 100, 7L));
        assertThat(options.with("max_tokens", "5").sampling().maxTokens()).isEqualTo(5);
        assertThat(options.with("verbose", "on").verbose()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"temperature 3", "temperature -1", "temperature NaN", "temperature hot", "max-tokens 0", "seed x"
            })
    void impossibleValueIsRefusedByName(String option) {
        String[] words = option.split(" ");
        assertThatThrownBy(() -> ChatOptions.of(null, "default", "default", "default", false)
                        .with(words[0], words[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words[0])
                .hasMessageContaining(words[1]);
    }
}
