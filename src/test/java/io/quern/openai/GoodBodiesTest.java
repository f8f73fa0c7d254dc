package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GoodBodiesTest {
    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    @Test
    void minimalChatTakesDefaults() {
        Asked asked = chat("{" + MESSAGES + "}");
        assertThat(asked)
                .isEqualTo(new Asked(
                        Readers.MODEL,
                        new GenerationRequest(
                                "id",
                                new Prompt.Text("user:hi", false),
                                new SamplingOptions(0.7, 1, 0, 0, 0, 0, 1, Readers.SEED),
                                0,
                                List.of(),
                                false),
                        false,
                        false));
    }

    @Test
    void everyFieldIsRead() {
        Asked asked = chat("{\"model\":\"demo\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"min_p\":0.05,\"presence_penalty\":0.1,"
                + "\"frequency_penalty\":-0.2,\"repetition_penalty\":1.1,\"seed\":-7,\"max_completion_tokens\":12,"
                + "\"stop\":[\"a\",\"b\"],\"ignore_eos\":true," + MESSAGES + "}");
        assertThat(asked.stream()).isTrue();
        assertThat(asked.includeUsage()).isTrue();
        assertThat(asked.generation().sampling())
                .isEqualTo(new SamplingOptions(0.5, 0.9, 40, 0.05, 0.1, -0.2, 1.1, -7));
        assertThat(asked.generation().ending().maxTokens()).isEqualTo(12);
        assertThat(asked.generation().ending().stop()).containsExactly("a", "b");
        assertThat(asked.generation().ending().ignoreEos()).isTrue();
    }

    @Test
    void tokenRulesAreRead() {
        GenerationRequest request = chat("{\"logit_bias\":{\"5\":-100,\"17\":1.5},\"bad_words\":[\"a\",\"b\"],"
                        + "\"min_tokens\":3,\"stop_token_ids\":[7,8.0],\"include_stop_str_in_output\":true,"
                        + "\"typical_p\":0.25,\"skip_special_tokens\":false," + MESSAGES + "}")
                .generation();
        assertThat(request.sampling().rules().bias()).isEqualTo(Map.of(5, -100.0, 17, 1.5));
        assertThat(request.sampling().rules().badWords()).containsExactly("a", "b");
        assertThat(request.sampling().truncation().typicalP()).isEqualTo(0.25);
        assertThat(request.ending().minTokens()).isEqualTo(3);
        assertThat(request.ending().stopTokens()).containsExactly(7, 8);
        assertThat(request.ending().includeStop()).isTrue();
        assertThat(request.reports().specialTokens()).isTrue();
    }

    @Test
    void cacheSaltIsRead() {
        assertThat(chat("{\"cache_salt\":\"tenant 7\"," + MESSAGES + "}")
                        .generation()
                        .sharing()
                        .cacheSalt())
                .isEqualTo("tenant 7");
        assertThat(chat("{" + MESSAGES + "}").generation().sharing().cacheSalt())
                .isEmpty();
    }

    @Test
    void nullCountsAsAbsent() {
        assertThat(chat("{\"model\":null,\"stream\":null,\"stream_options\":null,\"temperature\":null,\"seed\":null,"
                        + "\"max_tokens\":null,\"stop\":null,\"n\":null,\"tools\":null,\"logprobs\":null," + MESSAGES
                        + "}"))
                .isEqualTo(chat("{" + MESSAGES + "}"));
    }

    @Test
    void unknownAndHarmlessFieldsAreIgnored() {
        assertThat(chat("{\"user\":\"u\",\"metadata\":{\"a\":[1]},\"store\":true,\"frobnicate\":{},\"n\":1,"
                        + "\"tools\":[],\"tool_choice\":\"none\",\"logprobs\":false,\"top_logprobs\":0,"
                        + "\"response_format\":{\"type\":\"text\"},\"logit_bias\":{},\"modalities\":[\"text\"],"
                        + MESSAGES + "}"))
                .isEqualTo(chat("{" + MESSAGES + "}"));
    }

    @Test
    void metadataOfTheReferenceIsIgnored() {
        assertThat(chat("{\"user\":\"u\",\"metadata\":{\"a\":\"b\"},\"store\":false,\"service_tier\":\"flex\","
                        + "\"safety_identifier\":\"s\",\"prompt_cache_key\":\"k\",\"prompt_cache_retention\":\"24h\","
                        + "\"verbosity\":\"low\",\"prediction\":{\"type\":\"content\",\"content\":\"x\"},\"request_id\":\"r\","
                        + "\"priority\":1,\"stream\":true,"
                        + "\"stream_options\":{\"include_usage\":true,\"include_obfuscation\":false}," + MESSAGES
                        + "}"))
                .isEqualTo(chat("{\"stream\":true,\"stream_options\":{\"include_usage\":true}," + MESSAGES + "}"));
    }

    @Test
    void rolesAndPartsBecomeMessages() {
        assertThat(text(chat("{\"messages\":["
                        + "{\"role\":\"developer\",\"content\":\"be brief\"},"
                        + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
                        + "{\"type\":\"text\",\"text\":\"b\"}]},"
                        + "{\"role\":\"assistant\",\"content\":null}]}")))
                .isEqualTo("system:be brief|user:ab|assistant:");
    }

    @Test
    void wholeNumbersMayHaveDecimalPoint() {
        assertThat(chat("{\"max_tokens\":16.0," + MESSAGES + "}")
                        .generation()
                        .ending()
                        .maxTokens())
                .isEqualTo(16);
    }

    @Test
    void tinyNumbersAreNotZero() {
        SamplingOptions tiny = completion(
                        "{\"prompt\":\"a\",\"top_p\":1e-46,\"repetition_penalty\":1e-400,\"min_p\":1e-999}")
                .generation()
                .sampling();
        assertThat(tiny.truncation().topP()).isEqualTo(1e-46);
        assertThat(tiny.penalties().repetition()).isEqualTo(Double.MIN_VALUE);
        assertThat(tiny.truncation().minP()).isEqualTo(Double.MIN_VALUE);
    }

    @Test
    void utf8ByteOrderMarkIsSkipped() {
        assertThat(text(completion("\ufeff{\"prompt\":\"a\"}"))).isEqualTo("a");
    }

    @Test
    void everyCharacterIsPreserved() {
        String text = "\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\ud800\udc00\udbff\udfff";
        assertThat(text(completion("{\"prompt\":\"" + text.repeat(5000) + "\"}")))
                .isEqualTo(text.repeat(5000));
    }

    @Test
    void logprobsFalseIsAccepted() {
        assertThat(
                        completion(
                                "{\"prompt\":\"a\",\"logprobs\":false,\"prompt_logprobs\":false,\"suffix\":\"\",\"grammar\":\"\"}"))
                .isEqualTo(completion("{\"prompt\":\"a\"}"));
    }

    @Test
    void zeroAndMinusOneSwitchTopKOff() {
        assertThat(chat("{\"top_k\":-1," + MESSAGES + "}")).isEqualTo(chat("{\"top_k\":0," + MESSAGES + "}"));
    }

    @Test
    void completionAcceptsStringOrArrayOfOne() {
        GenerationRequest one = completion("{\"prompt\":\"Once\"}").generation();
        assertThat(one.prompt()).isEqualTo(new Prompt.Text("Once", true));
        assertThat(one.ending().maxTokens()).isEqualTo(16);
        assertThat(completion("{\"prompt\":[\"Once\"],\"echo\":false,\"suffix\":null,\"best_of\":1}")
                        .generation())
                .isEqualTo(one);
    }

    @Test
    void surrogatePairIsAccepted() {
        assertThat(text(completion("{\"prompt\":\"\\ud83d\\ude00\"}"))).isEqualTo("😀");
    }

    private static String text(Asked asked) {
        return ((Prompt.Text) asked.generation().prompt()).text();
    }

    private static Asked chat(String body) {
        return Readers.chats().read(body.getBytes(UTF_8), "id", Readers.UNBOUNDED);
    }

    private static Asked completion(String body) {
        return Readers.completions().read(body.getBytes(UTF_8), "id", Readers.UNBOUNDED);
    }
}
