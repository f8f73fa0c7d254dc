package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quern.generation.Constraint;
import io.quern.generation.FinishReason;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.model.ChatMessage;
import io.quern.model.Conversation;
import io.quern.tools.AnswerFormat;
import io.quern.tools.CallFormat;
import io.quern.tools.ReasoningFormat;
import io.quern.tools.ToolChoice;
import io.quern.tools.ToolUse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads chats with tools. */
class ToolBodiesTest {
    private static final String MESSAGES = "'messages':[{'role':'user','content':'hi'}]";
    private static final String TOOL = "{'type':'function','function':{'name':'f','description':'d',"
            + "'parameters':{'type':'object','properties':{'a':{'type':'integer','maximum':9}}}}}";
    private static final String CALL =
            "{'role':'assistant','content':null,'tool_calls':[{'id':'c1','type':'function','function':"
                    + "{'name':'f','arguments':'{}'}}]}";
    private static final AnswerFormat HERMES = new AnswerFormat(CallFormat.HERMES, ReasoningFormat.THINK, false);

    private final Recorded templates = new Recorded(HERMES);

    /** Keeps the conversation that it gets. */
    private static final class Recorded implements Templates {
        private final AnswerFormat format;
        private Conversation conversation;

        Recorded(AnswerFormat format) {
            this.format = format;
        }

        @Override
        public Prompt.Text render(String model, Conversation conversation) {
            this.conversation = conversation;
            return new Prompt.Text("prompt", false);
        }

        @Override
        public AnswerFormat format(String model, boolean tools) {
            return format;
        }
    }

    private Asked read(String body) {
        return Readers.chats(templates)
                .read(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "id", Readers.UNBOUNDED);
    }

    private ToolUse toolsOf(String fields) {
        read("{" + MESSAGES + "," + fields + "}");
        return templates.conversation.tools();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        'tools':{}                            ~ tools ~ tools must be an array, but is an object
        'tools':[5]                           ~ tools[0] ~ tools[0] must be an object, but is a number
        'tools':[{}]                          ~ tools[0].type ~ tools[0].type is missing
        'tools':[{'type':'retrieval'}]        ~ tools[0].type ~ tools[0].type must be "function", but is "retrieval"
        'tools':[{'type':'function'}]         ~ tools[0].function ~ tools[0].function is missing
        'tools':[{'type':'function','function':{}}] ~ tools[0].function.name ~ tools[0].function.name is missing
        'tools':[{'type':'function','function':{'name':'a b'}}] ~ tools[0].function.name ~ tools[0].function.name must consist of 1 to 64
        'tools':[{'type':'function','function':{'name':''}}] ~ tools[0].function.name ~ tools[0].function.name must consist of
        'tools':[{'type':'function','function':{'name':'a','parameters':[]}}] ~ tools[0].function.parameters ~ tools[0].function.parameters must be an object, but is an array
        'tools':[{'type':'function','function':{'name':'a','description':1}}] ~ tools[0].function.description ~ tools[0].function.description must be a string
        'tools':[{'type':'function','function':{'name':'a','strict':1}}] ~ tools[0].function.strict ~ tools[0].function.strict must be a boolean
        'tools':[{'type':'function','function':{'name':'a'}},{'type':'function','function':{'name':'a'}}] ~ tools[1].function.name ~ tools[1].function.name is "a", as is tools[0].function.name
        'tools':[1,2,3,4]                     ~ tools ~ tools must contain at most 3 tools (quern.openai.max-tools), but contains 4
        'tool_choice':'required'              ~ tool_choice ~ tool_choice is "required", but the request has no tools
        'tool_choice':'often'                 ~ tool_choice ~ tool_choice must be "none", "auto" or "required", but is "often"
        'tool_choice':7                       ~ tool_choice ~ tool_choice must be "none", "auto", "required" or an object, but is a number
        'tool_choice':{}                      ~ tool_choice.type ~ tool_choice.type is missing
        'tool_choice':{'type':'x'}            ~ tool_choice.type ~ tool_choice.type must be "function" or "allowed_tools", but is "x"
        'tool_choice':{'type':'function'}     ~ tool_choice.function ~ tool_choice.function is missing
        'tool_choice':{'type':'function','function':{'name':'g'}} ~ tool_choice.function.name ~ tool_choice.function.name is "g", but no tool has that name
        'parallel_tool_calls':'no'            ~ parallel_tool_calls ~ parallel_tool_calls must be a boolean
        'functions':[{}]                      ~ functions ~ functions is not supported yet (use tools)
        'reasoning_effort':'much'             ~ reasoning_effort ~ reasoning_effort must be "none"
        'enable_thinking':1                   ~ enable_thinking ~ enable_thinking must be a boolean
        'include_reasoning':1                 ~ include_reasoning ~ include_reasoning must be a boolean
        'reasoning_format':'x'                ~ reasoning_format ~ reasoning_format must be "none", "auto" or "deepseek"
        'chat_template_kwargs':[]             ~ chat_template_kwargs ~ chat_template_kwargs must be an object, but is an array
        'chat_template_kwargs':{'messages':[]} ~ chat_template_kwargs.messages ~ chat_template_kwargs.messages is a variable that the engine sets
        'chat_template_kwargs':{'tools':1}    ~ chat_template_kwargs.tools ~ chat_template_kwargs.tools is a variable that the engine sets
        'documents':{}                        ~ documents ~ documents must be an array, but is an object
        'documents':['x']                     ~ documents[0] ~ documents[0] must be an object, but is a string
        'chat_template':'{{ x }}'             ~ chat_template ~ chat_template is not supported yet
        """)
    void brokenFieldIsRefusedByItsPath(String fields, String param, String message) {
        assertRefused("{" + MESSAGES + "," + fields + "}", param, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        {'role':'assistant','tool_calls':{}}  ~ messages[1].tool_calls ~ messages[1].tool_calls must be an array
        {'role':'assistant','tool_calls':[{'id':'c1'}]} ~ messages[1].tool_calls[0].function ~ messages[1].tool_calls[0].function is missing
        {'role':'assistant','tool_calls':[{'id':''}]} ~ messages[1].tool_calls[0].id ~ messages[1].tool_calls[0].id must not be empty
        {'role':'assistant','tool_calls':[{'id':'c1','type':'x'}]} ~ messages[1].tool_calls[0].type ~ messages[1].tool_calls[0].type must be "function"
        {'role':'assistant','tool_calls':[{'id':'c1','function':{'name':'f','arguments':5}}]} ~ messages[1].tool_calls[0].function.arguments ~ messages[1].tool_calls[0].function.arguments must be a string that contains a JSON object, but is a number
        {'role':'assistant','function_call':{'name':'f'}} ~ messages[1].function_call ~ messages[1].function_call is not supported. Use tool_calls
        """)
    void brokenCallInAMessageIsRefusedByItsPath(String message, String param, String problem) {
        assertRefused("{'messages':[{'role':'user','content':'hi'}," + message + "]}", param, problem);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        {'role':'tool','content':'1'}                     ~ messages[2].tool_call_id ~ messages[2].tool_call_id is missing
        {'role':'tool','content':'1','tool_call_id':'c2'} ~ messages[2].tool_call_id ~ messages[2].tool_call_id is "c2", but no earlier message has a call with this id
        """)
    void resultWithoutItsCallIsRefused(String result, String param, String problem) {
        assertRefused("{'messages':[{'role':'user','content':'hi'}," + CALL + "," + result + "]}", param, problem);
    }

    @Test
    void toolsBeyondTheSizeLimitAreRefused() {
        assertRefused(
                "{" + MESSAGES + ",'tools':[{'type':'function','function':{'name':'a','description':'"
                        + "x".repeat(1001) + "'}}]}",
                "tools",
                "tools must have at most 1000 characters of descriptions and schemas (quern.openai.max-tools-size)");
    }

    @Test
    void strictToolWithASchemaThatNoGrammarExpressesIsRefused() {
        String tool = "{'type':'function','function':{'name':'f','strict':true,'parameters':"
                + "{'type':'object','properties':{'a':{'not':{}}}}}}";
        ApiException refused =
                catchThrowableOfType(ApiException.class, () -> read("{" + MESSAGES + ",'tools':[" + tool + "]}"));
        assertThat(refused.error().param()).startsWith("tools[0].function.parameters.properties.a");
        assertThat(read("{" + MESSAGES + ",'tools':[" + tool.replace("'strict':true,", "") + "]}")
                        .generation()
                        .constraint())
                .isNull();
    }

    @Test
    void toolChoiceSelectsWhatMayBeCalled() {
        String two = "'tools':[" + TOOL + "," + TOOL.replace("'f'", "'g'") + "]";
        assertThat(toolsOf(two).choice()).isEqualTo(new ToolChoice.Auto());
        assertThat(toolsOf(two + ",'tool_choice':'auto','parallel_tool_calls':false")
                        .parallel())
                .isFalse();
        assertThat(toolsOf(two + ",'tool_choice':'none'").callable()).isEmpty();
        assertThat(toolsOf(two + ",'tool_choice':'required'").choice()).isEqualTo(new ToolChoice.Required());
        assertThat(toolsOf(two + ",'tool_choice':{'type':'function','function':{'name':'g'}}")
                        .callable())
                .singleElement()
                .matches(tool -> tool.name().equals("g"));
        ToolUse allowed = toolsOf(two + ",'tool_choice':{'type':'allowed_tools','allowed_tools':"
                + "{'mode':'required','tools':[{'type':'function','function':{'name':'f'}}]}}");
        assertThat(allowed.choice()).isEqualTo(new ToolChoice.Required());
        assertThat(allowed.callable()).singleElement().matches(tool -> tool.name()
                .equals("f"));
        assertThat(toolsOf("'tools':[],'tool_choice':'none'")).isEqualTo(ToolUse.NONE);
    }

    @Test
    void toolReachesTheTemplateInOpenAisForm() {
        Map<String, Object> tool =
                toolsOf("'tools':[" + TOOL + "]").tools().getFirst().forTemplates();
        assertThat(tool).containsEntry("type", "function");
        assertThat(tool.get("function"))
                .isEqualTo(Map.of(
                        "name",
                        "f",
                        "description",
                        "d",
                        "parameters",
                        Map.of("type", "object", "properties", Map.of("a", Map.of("type", "integer", "maximum", 9)))));
    }

    @Test
    void callsAndResultsReachTheTemplate() {
        read("{'messages':[{'role':'user','content':'hi'},"
                + CALL.replace("'content':null", "'content':null,'reasoning_content':'hm'")
                + ",{'role':'tool','tool_call_id':'c1','content':[{'type':'text','text':'42'}]}]}");
        List<ChatMessage> messages = templates.conversation.messages();
        assertThat(messages.get(1).content()).isNull();
        assertThat(messages.get(1).extra())
                .containsEntry("reasoning_content", "hm")
                .containsEntry(
                        "tool_calls",
                        List.of(Map.of(
                                "id", "c1", "type", "function", "function", Map.of("name", "f", "arguments", "{}"))));
        assertThat(messages.get(2)).isEqualTo(new ChatMessage("tool", "42", Map.of("tool_call_id", "c1", "name", "f")));
    }

    @Test
    void variablesReachTheTemplate() {
        read("{" + MESSAGES + ",'reasoning_effort':'none','documents':[{'title':'t'}],"
                + "'chat_template_kwargs':{'enable_thinking':true,'list':[1,2.5,null,{'a':'b'}]}}");
        assertThat(templates.conversation.variables())
                .containsEntry("reasoning_effort", "none")
                .containsEntry("thinking", false)
                .containsEntry("enable_thinking", true)
                .containsEntry("documents", List.of(Map.of("title", "t")))
                .containsKey("list");
    }

    @Test
    void requiredCallIsEnforcedByAGrammar() {
        GenerationRequest request = read("{" + MESSAGES + ",'tools':[" + TOOL + "],'tool_choice':'required'}")
                .generation();
        Constraint constraint = request.constraint();
        assertThat(constraint).isNotNull();
        assertThat(constraint.lazy()).isFalse();
        assertThat(constraint.gbnf()).contains("<tool_call>").contains("<think>");
        assertThat(request.reports().specialTokens()).isTrue();
    }

    @Test
    void strictToolIsEnforcedFromTheBeginningOfItsCall() {
        String strict = TOOL.replace("'name':'f'", "'name':'f','strict':true")
                .replace("'type':'object',", "'type':'object','additionalProperties':false,'required':['a'],");
        Constraint constraint =
                read("{" + MESSAGES + ",'tools':[" + strict + "]}").generation().constraint();
        assertThat(constraint).isNotNull();
        assertThat(constraint.triggers()).containsExactly("<tool_call>");
        assertThat(read("{" + MESSAGES + ",'tools':[" + TOOL + "]}")
                        .generation()
                        .constraint())
                .isNull();
    }

    @Test
    void contentWithAFormMayBeReplacedByACall() {
        String format = "'response_format':{'type':'json_object'}";
        Constraint alone =
                read("{" + MESSAGES + "," + format + "}").generation().constraint();
        assertThat(alone.gbnf()).contains("</think>").doesNotContain("<tool_call>");
        Constraint both = read("{" + MESSAGES + "," + format + ",'tools':[" + TOOL + "]}")
                .generation()
                .constraint();
        assertThat(both.gbnf()).contains("</think>").contains("<tool_call>").contains("content");
        Constraint call = read("{" + MESSAGES + "," + format + ",'tools':[" + TOOL + "],'tool_choice':'required'}")
                .generation()
                .constraint();
        assertThat(call.gbnf()).contains("<tool_call>").doesNotContain("content");
    }

    @Test
    void demandOfACallIsRefusedIfCallsAreSwitchedOff() {
        Templates off = new Recorded(AnswerFormat.PLAIN);
        String body = "{" + MESSAGES + ",'tools':[" + TOOL + "],'tool_choice':'required'}";
        ApiException refused = catchThrowableOfType(ApiException.class, () -> Readers.chats(off)
                .read(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "id", Readers.UNBOUNDED));
        assertThat(refused.error().param()).isEqualTo("tool_choice");
    }

    @Test
    void choiceWithACallEndsWithToolCalls() {
        String answer = "<think>Well.</think>Yes.\n"
                + "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>";
        Asked asked = read("{" + MESSAGES + ",'tools':[" + TOOL + "]}");
        List<Part> parts = new ArrayList<>();
        ChoiceParser parser = asked.parsers().get();
        parser.add(new Token(answer.substring(0, 30), 1), parts::add);
        parser.add(new Token(answer.substring(30), 1), parts::add);
        assertThat(parser.end(FinishReason.STOP, parts::add)).isEqualTo(ChoiceFinish.TOOL_CALLS);
        assertThat(parts).hasSize(4);
        assertThat(parts.get(0)).isEqualTo(new Part.Reasoning("Well."));
        assertThat(parts.get(1)).isEqualTo(new Part.Content("Yes."));
        assertThat(parts.get(2)).isInstanceOf(Part.ToolCallStart.class);
        assertThat(parts.get(3)).isEqualTo(new Part.ToolCallArguments(0, "{\"a\": 1}"));
    }

    @Test
    void reasoningIsLeftOutOrLeftInTheContent() {
        assertThat(answered("'include_reasoning':false", "<think>Well.</think>Yes."))
                .containsExactly(new Part.Content("Yes."));
        assertThat(answered("'reasoning_format':'none'", "<think>Well.</think>Yes."))
                .containsExactly(new Part.Content("<think>Well.</think>Yes."));
        assertThat(answered("'n':1", "<think>Well.</think>Yes."))
                .containsExactly(new Part.Reasoning("Well."), new Part.Content("Yes."));
    }

    private List<Part> answered(String fields, String text) {
        List<Part> parts = new ArrayList<>();
        ChoiceParser parser =
                read("{" + MESSAGES + "," + fields + "}").parsers().get();
        parser.add(new Token(text, 1), parts::add);
        assertThat(parser.end(FinishReason.STOP, parts::add)).isEqualTo(ChoiceFinish.STOP);
        return parts;
    }

    private void assertRefused(String body, String param, String message) {
        ApiException refused = catchThrowableOfType(ApiException.class, () -> read(body));
        assertThat(refused).as(body).isNotNull();
        assertThat(refused.error().status()).isEqualTo(400);
        assertThat(refused.error().param()).isEqualTo(param);
        assertThat(refused.error().message()).startsWith(message);
    }
}
