package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the error for each kind of bad body. In the tables, {@code '} stands for {@code "}. */
class BadBodiesTest {
    private static final ErrorMapping ERRORS = new ErrorMapping(Duration.ofSeconds(5));
    private static final String GOOD_CHAT = "'messages':[{'role':'user','content':'hi'}]";

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', nullValues = "-", textBlock = """
        ``                                     ~ - ~ The body is empty
        null                                   ~ - ~ The body must be a JSON object, but is null
        []                                     ~ - ~ The body must be a JSON object, but is an array
        'hi'                                   ~ - ~ The body must be a JSON object, but is a string
        {'messages':                           ~ - ~ The body is not valid JSON at line 1, column 13
        {} {}                                  ~ - ~ The body is not valid JSON at line 1, column
        {'a':NaN}                              ~ - ~ The body is not valid JSON at line 1, column
        {'a':[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]} ~ - ~ The body exceeds a limit
        """)
    void otherBodyThanJsonObjectIsRefused(String body, String param, String message) {
        assertRefused(Readers.chats(), body, 400, param, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        {}                                              ~ messages ~ messages is missing
        {'messages':null}                               ~ messages ~ messages is missing
        {'messages':[]}                                 ~ messages ~ messages must contain at least one message
        {'messages':'hi'}                               ~ messages ~ messages must be an array, but is a string
        {'messages':['hi']}                             ~ messages[0] ~ messages[0] must be an object, but is a string
        {'messages':[{'content':'hi'}]}                 ~ messages[0].role ~ messages[0].role is missing
        {'messages':[{'role':1,'content':'hi'}]}        ~ messages[0].role ~ messages[0].role must be a string, but is a number
        {'messages':[{'role':'pope','content':'hi'}]}   ~ messages[0].role ~ messages[0].role must be system, developer, user, assistant or tool, but is "pope"
        {'messages':[{'role':'user'}]}                  ~ messages[0].content ~ messages[0].content is missing
        {'messages':[{'role':'user','content':7}]}      ~ messages[0].content ~ messages[0].content must be a string or an array of text parts, but is a number
        {'messages':[{'role':'user','content':{}}]}     ~ messages[0].content ~ messages[0].content must be a string or an array of text parts, but is an object
        {'messages':[{'role':'user','content':['x']}]}  ~ messages[0].content[0] ~ messages[0].content[0] must be an object, but is a string
        {'messages':[{'role':'user','content':[{}]}]}   ~ messages[0].content[0].type ~ messages[0].content[0].type is missing
        {'messages':[{'role':'user','content':[{'type':'image_url'}]}]} ~ messages[0].content[0].type ~ messages[0].content[0].type must be "text", but is "image_url"
        {'messages':[{'role':'user','content':[{'type':'text'}]}]} ~ messages[0].content[0].text ~ messages[0].content[0].text is missing
        {'messages':[{'role':'user','content':[{'type':'text','text':true}]}]} ~ messages[0].content[0].text ~ messages[0].content[0].text must be a string, but is a boolean
        {'messages':[{'role':'user','content':'a'},{'role':'assistant','tool_calls':[{}]}]} ~ messages[1].tool_calls[0].id ~ messages[1].tool_calls[0].id is missing
        {'messages':[{'role':'user','content':'a'},{'role':'tool','content':'42','tool_call_id':'x'}]} ~ messages[1].role ~ messages[1].role is tool, but no earlier message has the tool_calls that it answers
        {'messages':[{'role':'assistant','tool_calls':[]},{'role':'tool','content':'42'}]} ~ messages[1].role ~ messages[1].role is tool, but
        {'messages':[{'role':'user','content':'\\ud83d!'}]} ~ messages[0].content ~ messages[0].content must be Unicode text, but has an unpaired surrogate at position 0
        """)
    void invalidConversationIsRefused(String body, String param, String message) {
        assertRefused(Readers.chats(), body, 400, param, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        'model':7                      ~ model ~ model must be a string, but is a number
        'cache_salt':''                ~ cache_salt ~ cache_salt must not be empty
        'cache_salt':7                 ~ cache_salt ~ cache_salt must be a string, but is a number
        'stream':'yes'                 ~ stream ~ stream must be a boolean, but is a string
        'stream_options':true          ~ stream_options ~ stream_options must be an object, but is a boolean
        'stream':true,'stream_options':{'include_usage':1} ~ stream_options.include_usage ~ stream_options.include_usage must be a boolean, but is a number
        'temperature':'hot'            ~ temperature ~ temperature must be a number, but is a string
        'temperature':-1               ~ temperature ~ temperature must be between 0 and 2, but is -1
        'temperature':2.5              ~ temperature ~ temperature must be between 0 and 2, but is 2.5
        'temperature':1e400            ~ temperature ~ temperature must be between 0 and 2, but is Infinity
        'temperature':1e999999999      ~ temperature ~ temperature must be between 0 and 2, but is Infinity
        'temperature':-1e-400          ~ temperature ~ temperature must be between 0 and 2, but is -4.9E-324
        'temperature':1e999            ~ temperature ~ temperature must be between 0 and 2, but is Infinity
        'top_p':-0.0                   ~ top_p ~ top_p must be greater than 0
        'top_p':0                      ~ top_p ~ top_p must be greater than 0
        'top_k':1.5                    ~ top_k ~ top_k must be an integer between -1 and 2147483647, but is 1.5
        'top_k':-2                     ~ top_k ~ top_k must be an integer between -1 and 2147483647, but is -2
        'top_k':3000000000             ~ top_k ~ top_k must be an integer between -1 and 2147483647, but is 3000000000
        'min_p':2                      ~ min_p ~ min_p must be between 0 and 1, but is 2
        'presence_penalty':3           ~ presence_penalty ~ presence_penalty must be between -2 and 2, but is 3
        'frequency_penalty':-3         ~ frequency_penalty ~ frequency_penalty must be between -2 and 2, but is -3
        'repetition_penalty':0         ~ repetition_penalty ~ repetition_penalty must be greater than 0
        'seed':'x'                     ~ seed ~ seed must be an integer, but is a string
        'seed':99999999999999999999    ~ seed ~ seed must be a 64-bit integer, but is 99999999999999999999
        'seed':1e400                   ~ seed ~ seed must be a 64-bit integer, but is 1E+400
        'max_tokens':0                 ~ max_tokens ~ max_tokens must be an integer between 1 and 2147483647, but is 0
        'max_tokens':-5                ~ max_tokens ~ max_tokens must be an integer between 1 and 2147483647, but is -5
        'max_tokens':3000000000        ~ max_tokens ~ max_tokens must be an integer between 1 and 2147483647, but is 3000000000
        'max_tokens':1e300             ~ max_tokens ~ max_tokens must be an integer between 1 and 2147483647, but is 1E+300
        'max_tokens':1.5               ~ max_tokens ~ max_tokens must be an integer between 1 and 2147483647, but is 1.5
        'max_completion_tokens':0      ~ max_completion_tokens ~ max_completion_tokens must be an integer between 1 and 2147483647, but is 0
        'stream_options':{'include_usage':true} ~ stream_options ~ stream_options is allowed only if stream is true
        'stream':false,'stream_options':{} ~ stream_options ~ stream_options is allowed only if stream is true
        'max_tokens':1,'max_completion_tokens':2 ~ max_tokens ~ max_tokens and max_completion_tokens have the same meaning
        'stop':3                       ~ stop ~ stop must be a string or an array of strings, but is a number
        'stop':['a',null]              ~ stop[1] ~ stop[1] must be a string, but is null
        'stop':''                      ~ stop ~ stop must contain strings of 1 to
        'stop':['','a']                ~ stop ~ stop must contain strings of 1 to
        'stop':[1,2]                   ~ stop[0] ~ stop[0] must be a string, but is a number
        'ignore_eos':0                 ~ ignore_eos ~ ignore_eos must be a boolean, but is a number
        'logit_bias':[5]               ~ logit_bias ~ logit_bias must be an object, but is an array
        'logit_bias':{'5':'1'}         ~ logit_bias.5 ~ logit_bias.5 must be a number, but is a string
        'logit_bias':{'5':null}        ~ logit_bias.5 ~ logit_bias.5 must be a number, but is null
        'logit_bias':{'5':101}         ~ logit_bias.5 ~ logit_bias.5 must be between -100 and 100, but is 101
        'logit_bias':{'-5':1}          ~ logit_bias.-5 ~ logit_bias.-5 must be named by the number of a token
        'logit_bias':{'the':1}         ~ logit_bias.the ~ logit_bias.the must be named by the number of a token
        'logit_bias':{'9999999999':1}  ~ logit_bias.9999999999 ~ logit_bias.9999999999 must be named by the number of a token
        'min_tokens':-1                ~ min_tokens ~ min_tokens must be an integer between 0 and
        'min_tokens':9,'max_tokens':8  ~ min_tokens ~ min_tokens must be at most max_tokens (8), but is 9
        'stop_token_ids':5             ~ stop_token_ids ~ stop_token_ids must be an array of token numbers
        'stop_token_ids':['5']         ~ stop_token_ids[0] ~ stop_token_ids[0] must be the number of a token, but is a string
        'stop_token_ids':[1,-5]        ~ stop_token_ids[1] ~ stop_token_ids[1] must be the number of a token, but is -5
        'stop_token_ids':[1.5]         ~ stop_token_ids[0] ~ stop_token_ids[0] must be the number of a token, but is 1.5
        'bad_words':[1]                ~ bad_words[0] ~ bad_words[0] must be a string, but is a number
        'bad_words':['a','']           ~ bad_words[1] ~ bad_words[1] must have 1 to 200 characters, but has 0
        'typical_p':0                  ~ typical_p ~ typical_p must be greater than 0
        'typical_p':1.1                ~ typical_p ~ typical_p must be between 0 and 1, but is 1.1
        'include_stop_str_in_output':1 ~ include_stop_str_in_output ~ include_stop_str_in_output must be a boolean
        'skip_special_tokens':'no'     ~ skip_special_tokens ~ skip_special_tokens must be a boolean
        """)
    void fieldOfWrongTypeOrRangeIsRefused(String field, String param, String message) {
        assertRefused(Readers.chats(), "{" + GOOD_CHAT + "," + field + "}", 400, param, message);
        if (!param.equals("max_completion_tokens") && !field.contains("max_completion_tokens")) {
            assertRefused(Readers.completions(), "{'prompt':'hi'," + field + "}", 400, param, message);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        'continue_final_message':1     ~ continue_final_message ~ continue_final_message must be a boolean, but is a number
        'continue_final_message':true  ~ messages[0].role ~ messages[0].role must be assistant if continue_final_message is true, but is "user"
        'continue_final_message':true,'add_generation_prompt':true ~ continue_final_message ~ continue_final_message and add_generation_prompt exclude each other
        'add_generation_prompt':'no'   ~ add_generation_prompt ~ add_generation_prompt must be a boolean, but is a string
        'n':0                          ~ n ~ n must be an integer between 1 and
        'n':1000000                    ~ n ~ n must be at most 128 (quern.openai.max-choices), but is 1000000
        'n':1.5                        ~ n ~ n must be an integer between 1 and
        'logprobs':1                   ~ logprobs ~ logprobs must be a boolean, but is a number
        'prompt_logprobs':21           ~ prompt_logprobs ~ prompt_logprobs must be at most 20, but is 21
        'prompt_logprobs':-1           ~ prompt_logprobs ~ prompt_logprobs must be an integer between 0 and
        'prompt_logprobs':true         ~ prompt_logprobs ~ prompt_logprobs must be an integer
        'prompt_logprobs':0,'stream':true ~ prompt_logprobs ~ prompt_logprobs is allowed only if stream is false
        'top_logprobs':3               ~ top_logprobs ~ top_logprobs is allowed only if logprobs is true
        'logprobs':true,'top_logprobs':21 ~ top_logprobs ~ top_logprobs must be at most 20, but is 21
        'logprobs':true,'top_logprobs':-1 ~ top_logprobs ~ top_logprobs must be an integer between 0 and
        """)
    void choicesOutOfRangeAreRefused(String field, String param, String message) {
        assertRefused(Readers.chats(), "{" + GOOD_CHAT + "," + field + "}", 400, param, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        'best_of':2                                ~ best_of ~ best_of is not supported yet (only 1 is, in chats)
        'use_beam_search':true                     ~ use_beam_search ~ use_beam_search is not supported yet
        'functions':[{}]                           ~ functions ~ functions is not supported yet
        'modalities':['text','audio']              ~ modalities ~ modalities is not supported yet
        """)
    void unsupportedChatFieldIsRefused(String field, String param, String message) {
        assertRefused(Readers.chats(), "{" + GOOD_CHAT + "," + field + "}", 400, param, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        {}                                ~ prompt ~ prompt is missing
        {'prompt':5}                      ~ prompt ~ prompt must be a string, an array of strings, an array of tokens or an array of those, but is a number
        {'prompt':[]}                     ~ prompt ~ prompt must contain at least one element
        {'prompt':[true]}                 ~ prompt[0] ~ prompt[0] must be a string, a token or an array of tokens, but is a boolean
        {'prompt':['a',2]}                ~ prompt[1] ~ prompt[1] must be a string, but is a number
        {'prompt':['a',null]}             ~ prompt[1] ~ prompt[1] must be a string, but is null
        {'prompt':[1,'a']}                ~ prompt[1] ~ prompt[1] must be the number of a token, but is a string
        {'prompt':[1,-1]}                 ~ prompt[1] ~ prompt[1] must be the number of a token, but is -1
        {'prompt':[1,1.5]}                ~ prompt[1] ~ prompt[1] must be the number of a token, but is 1.5
        {'prompt':[3000000000]}           ~ prompt[0] ~ prompt[0] must be the number of a token, but is 3000000000
        {'prompt':[[]]}                   ~ prompt[0] ~ prompt[0] must contain at least one token
        {'prompt':[[1],'a']}              ~ prompt[1] ~ prompt[1] must be an array of tokens, but is a string
        {'prompt':[[1,[2]]]}              ~ prompt[0][1] ~ prompt[0][1] must be the number of a token, but is an array
        {'prompt':'a','echo':1}           ~ echo ~ echo must be a boolean, but is a number
        {'prompt':'a','suffix':'b'}       ~ suffix ~ suffix is not supported yet (a model continues only the end of a text)
        {'prompt':'a','n':0}              ~ n ~ n must be an integer between 1 and
        {'prompt':'a','n':129}            ~ n ~ n must be at most 128 (quern.openai.max-choices), but is 129
        {'prompt':'a','n':'1'}            ~ n ~ n must be an integer, but is a string
        {'prompt':'a','prompt_logprobs':1,'stream':true} ~ prompt_logprobs ~ prompt_logprobs is allowed only if stream is false
        {'prompt':'a','best_of':200}      ~ best_of ~ best_of must be at most 128 (quern.openai.max-choices), but is 200
        {'prompt':'a','best_of':2,'n':3}  ~ best_of ~ best_of must be at least n (3), but is 2
        {'prompt':'a','best_of':2,'stream':true} ~ best_of ~ best_of must be n if stream is true
        {'prompt':['a','b'],'n':65}       ~ prompt ~ prompt has 2 elements and each gets 65 answers, but one request gets at most 128 answers
        {'prompt':'a','logprobs':6}       ~ logprobs ~ logprobs must be at most 5, but is 6
        {'prompt':'a','logprobs':-1}      ~ logprobs ~ logprobs must be an integer between 0 and
        {'prompt':'a','logprobs':true}    ~ logprobs ~ logprobs must be an integer, but is a boolean
        {'prompt':'a','echo':true,'max_tokens':-1} ~ max_tokens ~ max_tokens must be an integer between 0 and
        """)
    void invalidCompletionIsRefused(String body, String param, String message) {
        assertRefused(Readers.completions(), body, 400, param, message);
    }

    @Test
    void seventeenStopStringsAreRefused() {
        String stop = "'stop':[" + "'s',".repeat(16) + "'s']";
        assertRefused(
                Readers.chats(),
                "{" + GOOD_CHAT + "," + stop + "}",
                400,
                "stop",
                "stop must contain at most 16 strings");
    }

    @Test
    void errorForUnknownModelNamesServedOne() {
        String body = "{'model':'gpt-4'," + GOOD_CHAT + "}";
        ApiError error = assertRefused(
                Readers.chats(),
                body,
                404,
                "model",
                "The model \"gpt-4\" does not exist. This engine serves \"demo\".");
        assertThat(error.code()).isEqualTo("model_not_found");
    }

    @Test
    void longModelNameIsShortenedInMessage() {
        String body = "{'model':'" + "m".repeat(5000) + "'," + GOOD_CHAT + "}";
        ApiError error = assertRefused(Readers.chats(), body, 404, "model", "The model \"mmm");
        assertThat(error.message()).hasSizeLessThan(250);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        {'prompt':tru}                 ~ at line 1, column 11: unknown word tru
        {'prompt':'a                   ~ at line 1, column 13: it ends too early
        {'prompt':'a',}                ~ at line 1, column 15: unexpected '}'
        {prompt:'a'}                   ~ at line 1, column 2: unexpected 'p'
        {'temperature':NaN}            ~ at line 1, column 19: NaN is not JSON
        {'prompt':'\\x'}               ~ at line 1, column 13: an unknown escape sequence in a string
        {'prompt':'\\uZZZZ'}           ~ at line 1, column 14: an escape sequence without four hexadecimal digits
        {'max_tokens':01}              ~ at line 1, column 16: a malformed number
        {'max_tokens':+1}              ~ at line 1, column 16: a malformed number
        {'max_tokens':1.}              ~ at line 1, column 17: a malformed number
        {/*a*/}                        ~ at line 1, column 2: unexpected '/'
        {'a':1]                        ~ at line 1, column 7: unexpected ']'
        {}{}                           ~ at line 1, column 3: more text follows after its end
        {} x                           ~ at line 1, column 4: unknown word x
        """)
    void syntaxErrorIsDescribedInPlainWords(String body, String fault) {
        ApiError error = assertRefused(Readers.completions(), body, 400, null, "The body is not valid JSON " + fault);
        assertThat(error.message()).isEqualTo("The body is not valid JSON " + fault);
    }

    @Test
    void controlCharactersAreNamedByCode() {
        assertRefused(
                Readers.completions(),
                "{'prompt':'a\nb'}",
                400,
                null,
                "The body is not valid JSON at line 1, column 13: an unescaped control character (code 10) in a"
                        + " string");
        assertRefused(
                Readers.completions(),
                "{'prompt':\u0001}",
                400,
                null,
                "The body is not valid JSON at line 1, column 12: an unexpected control character (code 1)");
    }

    @Test
    void exceededLimitsAreDescribedInPlainWords() {
        assertLimit(
                "{'a':" + "[".repeat(100) + "]".repeat(100) + "}", "it nests deeper than quern.openai.max-json-depth");
        assertLimit("{'max_tokens':" + "1".repeat(2000) + "}", "a number has too many digits");
        assertLimit("{'" + "a".repeat(60_000) + "':1}", "a field's name is too long");
    }

    private static void assertLimit(String body, String limit) {
        ApiError error = assertRefused(Readers.completions(), body, 400, null, "The body exceeds a limit");
        assertThat(error.message()).contains(limit).doesNotContain("Stream", "Jackson", "(");
    }

    @Test
    void longNumberIsShortenedInMessage() {
        ApiError error = assertRefused(
                Readers.completions(),
                "{'max_tokens':" + "1".repeat(999) + "}",
                400,
                "max_tokens",
                "max_tokens must be");
        assertThat(error.message()).hasSizeLessThan(250);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE"})
    void otherEncodingsAreRefused(String charset) {
        assertNotUtf8("{\"prompt\":\"a\"}".getBytes(Charset.forName(charset)));
        assertNotUtf8("\ufeff{\"prompt\":\"a\"}".getBytes(Charset.forName(charset)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c0af",
                "c1bf",
                "e080af",
                "e09fbf",
                "f08080af",
                "f08fbfbf",
                "eda080",
                "edbfbf",
                "eda0bdedb880",
                "f4908080",
                "f5808080",
                "80",
                "bf",
                "ff",
                "fe",
                "e282"
            })
    void invalidUtf8IsRefused(String hex) {
        byte[] wrong = HexFormat.of().parseHex(hex);
        assertNotUtf8(join("{\"prompt\":\"a", wrong, "\"}"));
        assertNotUtf8(join("{\"prompt\":\"a\",\"", wrong, "\":1}"));
        assertNotUtf8(join("{\"prompt\":\"" + "x".repeat(20_000), wrong, "\"}"));
    }

    @Test
    void wrongByteIsNamedByPosition() {
        Throwable refusal = catchThrowable(() -> Readers.completions()
                .read(join("{\"prompt\":\"", new byte[] {(byte) 0xc0, (byte) 0xaf}, "\"}"), "id", Readers.UNBOUNDED));
        assertThat(ERRORS.of(refusal).orElseThrow().message())
                .isEqualTo("The body is not UTF-8: the byte 0xc0 at position 11 does not start a character");
    }

    private static byte[] join(String before, byte[] middle, String after) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(before.getBytes(UTF_8));
        all.writeBytes(middle);
        all.writeBytes(after.getBytes(UTF_8));
        return all.toByteArray();
    }

    private static void assertNotUtf8(byte[] body) {
        Throwable refusal = catchThrowable(() -> Readers.completions().read(body, "id", Readers.UNBOUNDED));
        assertThat(refusal).isNotNull();
        assertThat(ERRORS.of(refusal)).hasValueSatisfying(error -> {
            assertThat(error.status()).isEqualTo(400);
            assertThat(error.message()).startsWith("The body is not UTF-8: ");
        });
    }

    private static ApiError assertRefused(
            RequestReader reader, String body, int status, String param, String messageStart) {
        Throwable refusal =
                catchThrowable(() -> reader.read(body.replace('\'', '"').getBytes(UTF_8), "id", Readers.UNBOUNDED));
        assertThat(refusal).as("refusal of %s", body).isNotNull();
        ApiError error = ERRORS.of(refusal).orElseThrow(() -> new AssertionError("a defect", refusal));
        assertThat(error.status()).isEqualTo(status);
        assertThat(error.type()).isEqualTo("invalid_request_error");
        assertThat(error.param()).isEqualTo(param);
        assertThat(error.message()).startsWith(messageStart);
        return error;
    }
}
