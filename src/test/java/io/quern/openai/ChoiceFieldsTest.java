package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.Family;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ChoiceFieldsTest {
    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    @Test
    void choicesAreOneFamilyWithSeedsOfTheirOwn() {
        List<GenerationRequest> choices =
                chat("{\"n\":3,\"seed\":7," + MESSAGES + "}").generations();
        assertThat(choices).hasSize(3);
        assertThat(choices).extracting(GenerationRequest::id).containsExactly("id.0", "id.1", "id.2");
        assertThat(choices).extracting(GenerationRequest::prompt).containsOnly(new Prompt.Text("user:hi", false));
        assertThat(choices.get(0).sampling().seed()).as("as for one choice").isEqualTo(7);
        assertThat(choices).extracting(choice -> choice.sampling().seed()).doesNotHaveDuplicates();
        List<Family> families = choices.stream()
                .map(choice -> Objects.requireNonNull(choice.sharing().family()))
                .toList();
        assertThat(families)
                .extracting(Family::id)
                .containsOnly(families.getFirst().id());
        assertThat(families).extracting(Family::index).containsExactly(0, 1, 2);
        assertThat(families).extracting(Family::size).containsOnly(3);
    }

    @Test
    void sameSeedGivesTheSameSeedsAgain() {
        String body = "{\"n\":3,\"seed\":7," + MESSAGES + "}";
        assertThat(seeds(chat(body))).isEqualTo(seeds(chat(body)));
        assertThat(seeds(chat(body.replace("\"n\":3", "\"n\":5"))).subList(0, 3))
                .isEqualTo(seeds(chat(body)));
        // these are part of the API: the same request gives the same answers with a later version
        assertThat(seeds(chat(body))).containsExactly(7L, ChoiceSeeds.of(7, 1), ChoiceSeeds.of(7, 2));
        assertThat(ChoiceSeeds.of(0, 1)).isEqualTo(0xe220a8397b1dcdafL);
        assertThat(ChoiceSeeds.of(0, 2)).isEqualTo(0x6e789e6aa1b965f4L);
    }

    @Test
    void oneChoiceIsAPlainRequest() {
        GenerationRequest plain = chat("{" + MESSAGES + "}").generation();
        assertThat(chat("{\"n\":1,\"logprobs\":false,\"top_logprobs\":0," + MESSAGES + "}")
                        .generation())
                .isEqualTo(plain);
        assertThat(plain.sharing().family()).isNull();
        assertThat(plain.id()).isEqualTo("id");
    }

    @Test
    void eachPromptGetsItsChoices() {
        List<GenerationRequest> choices =
                completion("{\"prompt\":[\"a\",\"b\"],\"n\":2,\"seed\":7}").generations();
        assertThat(choices)
                .extracting(GenerationRequest::prompt)
                .containsExactly(text("a"), text("a"), text("b"), text("b"));
        assertThat(choices.get(2).sampling().seed()).as("as if it was alone").isEqualTo(7);
        Family first = Objects.requireNonNull(choices.get(0).sharing().family());
        Family third = Objects.requireNonNull(choices.get(2).sharing().family());
        assertThat(first.id()).isNotEqualTo(third.id());
        assertThat(third.index()).isZero();
        assertThat(completion("{\"prompt\":[\"a\",\"b\"]}").generations())
                .allMatch(choice -> choice.sharing().family() == null);
    }

    @Test
    void promptsOfTokensAreRead() {
        assertThat(completion("{\"prompt\":[1,2.0e0,3]}".replace("2.0e0", "2")).generations())
                .extracting(GenerationRequest::prompt)
                .containsExactly(new Prompt.Tokens(List.of(1, 2, 3)));
        assertThat(completion("{\"prompt\":[[1,2],[3]]}").generations())
                .extracting(GenerationRequest::prompt)
                .containsExactly(new Prompt.Tokens(List.of(1, 2)), new Prompt.Tokens(List.of(3)));
    }

    @Test
    void echoReportsThePromptOnlyIfNecessary() {
        assertThat(completion("{\"prompt\":\"a\",\"echo\":true}")
                        .generation()
                        .reports()
                        .promptLogprobs())
                .isEmpty();
        assertThat(completion("{\"prompt\":[1],\"echo\":true}")
                        .generation()
                        .reports()
                        .promptLogprobs())
                .hasValue(0);
        Asked scored = completion("{\"prompt\":\"a\",\"echo\":true,\"logprobs\":3,\"max_tokens\":0}");
        assertThat(scored.generation().reports().promptLogprobs()).hasValue(3);
        assertThat(scored.generation().reports().logprobs()).hasValue(3);
        assertThat(scored.reply().shown().answer()).isFalse();
    }

    @Test
    void firstChoiceReportsThePromptForAll() {
        Asked echoed = completion(
                "{\"prompt\":\"a\",\"n\":2,\"prompt_logprobs\":2,\"echo\":true,\"logprobs\":3,\"max_tokens\":0}");
        assertThat(echoed.generations())
                .extracting(choice -> choice.reports().promptLogprobs().orElse(-1))
                .as("each choice echoes")
                .containsExactly(3, 3);
        assertThat(completion("{\"prompt\":[\"a\",\"b\"],\"n\":2,\"prompt_logprobs\":0}")
                        .generations())
                .extracting(choice -> choice.reports().promptLogprobs().orElse(-1))
                .containsExactly(0, -1, 0, -1);
        assertThat(chat("{\"prompt_logprobs\":20," + MESSAGES + "}")
                        .generation()
                        .reports()
                        .promptLogprobs())
                .hasValue(20);
    }

    @Test
    void bestOfComparesByProbabilities() {
        Asked best = completion("{\"prompt\":\"a\",\"best_of\":3}");
        assertThat(best.generations()).hasSize(3);
        assertThat(best.generation().reports().logprobs()).hasValue(0);
        assertThat(best.reply().shown().logprobs()).isFalse();
        assertThat(completion("{\"prompt\":\"a\",\"best_of\":2,\"n\":2,\"stream\":true}")
                        .generations())
                .hasSize(2);
    }

    @Test
    void limitsThemselvesAreAllowed() {
        assertThat(chat("{\"n\":128," + MESSAGES + "}").generations()).hasSize(128);
        assertThat(completion("{\"prompt\":[\"a\",\"b\"],\"n\":64}").generations())
                .hasSize(128);
        assertThat(completion("{\"prompt\":\"a\",\"logprobs\":5}")
                        .generation()
                        .reports()
                        .logprobs())
                .hasValue(5);
        assertThat(chat("{\"logprobs\":true,\"top_logprobs\":20," + MESSAGES + "}")
                        .generation()
                        .reports()
                        .logprobs())
                .hasValue(20);
    }

    private static List<Long> seeds(Asked asked) {
        return asked.generations().stream()
                .map(choice -> choice.sampling().seed())
                .toList();
    }

    private static Prompt text(String text) {
        return new Prompt.Text(text, true);
    }

    private static Asked chat(String body) {
        return Readers.chats().read(body.getBytes(UTF_8), "id", Readers.UNBOUNDED);
    }

    private static Asked completion(String body) {
        return Readers.completions().read(body.getBytes(UTF_8), "id", Readers.UNBOUNDED);
    }
}
