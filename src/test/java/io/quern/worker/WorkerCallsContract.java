package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quern.StartsProcesses;
import io.quern.grammar.GrammarLimits;
import io.quern.tools.AnswerFormat;
import io.quern.tools.CallFormat;
import io.quern.tools.CallRules;
import io.quern.tools.Parsed;
import io.quern.tools.ReasoningFormat;
import io.quern.tools.Tool;
import io.quern.tools.ToolChoice;
import io.quern.tools.ToolUse;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Grammar;
import io.quern.wire.VocabularyQuestion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Demands calls of a model that knows nothing about tools, at temperature 1: the grammar alone makes them valid, in the
 * format of each family of models.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@StartsProcesses
abstract class WorkerCallsContract {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SLOTS = 8;
    private static final int CONTEXT = 512;

    private static final Tool WEATHER =
            new Tool("tools[0].function", "get_weather", "Tells the weather", json("""
                {"type": "object", "additionalProperties": false, "required": ["city", "days"], "properties": {
                  "city": {"type": "string", "maxLength": 12},
                  "days": {"type": "integer", "minimum": 1, "maximum": 14},
                  "unit": {"type": "string", "enum": ["C", "F"]}}}\
                """), true);
    private static final Tool TIME = new Tool("tools[1].function", "get_time", null, null, false);
    private static final List<Tool> TOOLS = List.of(WEATHER, TIME);

    private final Path file;
    private WorkerProcess worker;

    WorkerCallsContract(Path file) {
        this.file = file;
    }

    private static JsonNode json(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    @BeforeAll
    void start() throws Exception {
        worker = WorkerProcess.startReady(WorkerProcess.settings(file, SLOTS, CONTEXT));
    }

    @AfterAll
    void stop() throws Exception {
        if (worker != null) {
            worker.close();
        }
    }

    static Stream<Arguments> formats() {
        return of(
                new AnswerFormat(CallFormat.HERMES, ReasoningFormat.NONE, false),
                new AnswerFormat(CallFormat.QWEN3_CODER, ReasoningFormat.NONE, false),
                new AnswerFormat(CallFormat.LLAMA3, ReasoningFormat.NONE, false),
                new AnswerFormat(CallFormat.MISTRAL, ReasoningFormat.NONE, false),
                new AnswerFormat(CallFormat.MISTRAL, ReasoningFormat.NONE, true),
                new AnswerFormat(CallFormat.GPT_OSS, ReasoningFormat.NONE, false),
                new AnswerFormat(CallFormat.DEEPSEEK, ReasoningFormat.NONE, false),
                new AnswerFormat(CallFormat.DEEPSEEK, ReasoningFormat.NONE, true),
                new AnswerFormat(CallFormat.JSON, ReasoningFormat.NONE, false));
    }

    /** Returns each format with any call and with one that is named. */
    static Stream<Arguments> of(AnswerFormat... formats) {
        return Stream.of(formats)
                .flatMap(format -> Stream.of(
                        Arguments.of(format, new ToolUse(TOOLS, new ToolChoice.Required(), true)),
                        Arguments.of(format, new ToolUse(TOOLS, new ToolChoice.Named("get_weather"), false))));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void demandedCallIsAlwaysValid(AnswerFormat format, ToolUse use) throws Exception {
        List<Answer> answers = new ArrayList<>();
        for (int seed = 0; seed < SLOTS; seed++) {
            answers.add(worker.generate(ask(format, use, seed)));
        }
        int complete = 0;
        for (Answer answer : answers) {
            Finish finish = answer.awaitFinish();
            if (finish.getReason() == Finish.Reason.STOP) {
                complete++;
                assertValid(format, use, answer.text());
            } else {
                complete += assertCompleteCallsValid(format, use, answer.text());
            }
        }
        // thoughts, which are free text, may go on until the limit
        if (format.calls() != CallFormat.GPT_OSS) {
            assertThat(complete)
                    .as("answers that end by themselves, and calls of the others")
                    .isPositive();
        }
    }

    /** Checks the calls of an answer that the limit has cut, but not the last one. Returns their number. */
    private static int assertCompleteCallsValid(AnswerFormat format, ToolUse use, String text) {
        List<Parsed.Call> calls = Parsed.of(format, use, "", List.of(text)).calls();
        List<Parsed.Call> complete = calls.subList(0, Math.max(0, calls.size() - 1));
        complete.forEach(call -> assertValid(use, call, text));
        return complete.size();
    }

    @Test
    void callOfAModelThatMayThinkFollowsItsThoughts() throws Exception {
        AnswerFormat format = new AnswerFormat(CallFormat.HERMES, ReasoningFormat.THINK, false);
        ToolUse use = new ToolUse(TOOLS, new ToolChoice.Named("get_time"), false);
        String begin = "<think>Well.</think>\n";
        Answer answer = worker.generate(ask(format, use, 3).addAllReplay(tokens(begin)));
        assertThat(answer.awaitFinish().getReason()).as(answer.text()).isEqualTo(Finish.Reason.STOP);
        assertValid(format, use, begin + answer.text());
    }

    @Test
    void answerWithoutACallIsFreeAlthoughAToolIsStrict() throws Exception {
        AnswerFormat format = new AnswerFormat(CallFormat.HERMES, ReasoningFormat.NONE, false);
        ToolUse use = new ToolUse(TOOLS, new ToolChoice.Auto(), true);
        Answer free = worker.generate(Prompts.ask("What is a slot?", 24));
        Answer bound = worker.generate(constrained(Prompts.ask("What is a slot?", 24), format, use));
        free.awaitFinish();
        bound.awaitFinish();
        assertThat(bound.text()).isEqualTo(free.text());
    }

    @Test
    void strictCallIsValidOnceItHasBegun() throws Exception {
        AnswerFormat format = new AnswerFormat(CallFormat.HERMES, ReasoningFormat.NONE, false);
        ToolUse use = new ToolUse(TOOLS, new ToolChoice.Auto(), true);
        CallRules rules = format.rules(use, "", null, GrammarLimits.DEFAULT).orElseThrow();
        assertThat(rules.triggers()).containsExactly("<tool_call>");
        // the trigger is the beginning of the answer, as if the model had chosen it
        Answer answer = worker.generate(ask(format, use, 5)
                .addAllReplay(tokens("<tool_call>"))
                .addStop("</tool_call>")
                .setIncludeStop(true));
        assertThat(answer.awaitFinish().getReason()).as(answer.text()).isEqualTo(Finish.Reason.STOP);
        assertValid(format, use, "<tool_call>" + answer.text());
    }

    private List<Integer> tokens(String text) throws Exception {
        return worker.ask(VocabularyQuestion.newBuilder()
                        .setTokenize(VocabularyQuestion.Tokenize.newBuilder().setText(text)))
                .getTokensList();
    }

    private static Generate.Builder ask(AnswerFormat format, ToolUse use, int seed) {
        Generate.Builder request =
                Prompts.ask("How is the weather in Rome?", 300).setIgnoreEos(false);
        request.getSamplingBuilder().setTemperature(1).setSeed(seed);
        return constrained(request, format, use);
    }

    private static Generate.Builder constrained(Generate.Builder request, AnswerFormat format, ToolUse use) {
        CallRules rules = format.rules(use, request.getPrompt(), null, GrammarLimits.DEFAULT)
                .orElseThrow();
        return request.setSpecialTokens(true)
                .setGrammar(Grammar.newBuilder().setGbnf(rules.grammar().gbnf()).addAllTriggers(rules.triggers()));
    }

    private static void assertValid(AnswerFormat format, ToolUse use, String text) {
        Parsed parsed = Parsed.of(format, use, "", List.of(text));
        assertThat(parsed.calls()).as(text).isNotEmpty();
        assertThat(parsed.content()).as(text).isEmpty();
        parsed.calls().forEach(call -> assertValid(use, call, text));
    }

    private static void assertValid(ToolUse use, Parsed.Call call, String text) {
        JsonNode arguments = json(call.arguments());
        assertThat(use.callable()).extracting(Tool::name).contains(call.name());
        if (call.name().equals(WEATHER.name())) {
            assertThat(arguments.path("days").isIntegralNumber()).as(text).isTrue();
            assertThat(arguments.path("days").intValue()).isBetween(1, 14);
            assertThat(arguments.path("city").isTextual()).as(text).isTrue();
        } else {
            assertThat(arguments.isObject() && arguments.isEmpty()).as(text).isTrue();
        }
    }
}
