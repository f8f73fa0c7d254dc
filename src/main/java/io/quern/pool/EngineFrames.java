package io.quern.pool;

import io.quern.generation.Constraint;
import io.quern.generation.Ending;
import io.quern.generation.Family;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Penalties;
import io.quern.generation.Prompt;
import io.quern.generation.Reports;
import io.quern.generation.SamplingOptions;
import io.quern.generation.Truncation;
import io.quern.generation.VocabularyQuestion;
import io.quern.wire.Cancel;
import io.quern.wire.Cores;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fault;
import io.quern.wire.Generate;
import io.quern.wire.Grammar;
import io.quern.wire.Kept;
import io.quern.wire.Leave;
import io.quern.wire.Park;
import io.quern.wire.Ping;
import io.quern.wire.PrefixFound;
import io.quern.wire.PrefixTaken;
import io.quern.wire.Sampling;
import io.quern.wire.Stop;
import io.quern.wire.WorkerSettings;
import java.util.List;
import java.util.Optional;

/** Builds the frames that the engine sends to a worker. */
final class EngineFrames {
    private EngineFrames() {}

    /**
     * @param number the number of the request, which the worker's answers repeat
     * @param kept where the worker finds state that it need not recompute
     */
    static EngineFrame generate(
            long number, GenerationRequest request, PrefixScope scope, Replay replay, Optional<Kept> kept) {
        Generate.Builder generate = Generate.newBuilder()
                .setRequest(number)
                .setPrefixScope(scope.name())
                .addAllReplay(replay.tokens())
                .setPrefillReplay(replay.prefill())
                .setSampling(sampling(request.sampling()));
        switch (request.prompt()) {
            case Prompt.Text text -> generate.setPrompt(text.text()).setAddSpecial(text.addSpecialTokens());
            case Prompt.Tokens tokens -> generate.addAllPromptTokens(tokens.tokens());
        }
        set(generate, request.ending());
        set(generate, request.reports());
        Constraint constraint = request.constraint();
        if (constraint != null) {
            generate.setGrammar(Grammar.newBuilder()
                    .setGbnf(constraint.gbnf())
                    .addAllTriggers(constraint.triggers())
                    .setField(constraint.field())
                    .setTokenMillis((int) constraint.tokenTime().toMillis()));
        }
        Family family = request.sharing().family();
        if (family != null) {
            generate.setFamily(Generate.Family.newBuilder().setId(family.id()));
        }
        kept.ifPresent(generate::setKept);
        return EngineFrame.newBuilder().setGenerate(generate).build();
    }

    /** @param number the number of the question, which the worker's answer repeats */
    static EngineFrame question(long number, VocabularyQuestion<?> question) {
        var frame = io.quern.wire.VocabularyQuestion.newBuilder().setNumber(number);
        switch (question) {
            case VocabularyQuestion.Tokenize(String text, boolean addSpecialTokens, boolean names, String field) ->
                frame.setTokenize(io.quern.wire.VocabularyQuestion.Tokenize.newBuilder()
                        .setText(text)
                        .setAddSpecial(addSpecialTokens)
                        .setNames(names));
            case VocabularyQuestion.Detokenize(List<Integer> tokens) ->
                frame.setDetokenize(
                        io.quern.wire.VocabularyQuestion.Detokenize.newBuilder().addAllTokens(tokens));
        }
        return EngineFrame.newBuilder().setQuestion(frame).build();
    }

    private static void set(Generate.Builder generate, Ending ending) {
        if (ending.maxTokens() > 0) {
            generate.setMaxTokens(ending.maxTokens());
        }
        generate.setMinTokens(ending.minTokens())
                .addAllStop(ending.stop())
                .addAllStopTokens(ending.stopTokens())
                .setIncludeStop(ending.includeStop())
                .setIgnoreEos(ending.ignoreEos());
    }

    private static void set(Generate.Builder generate, Reports reports) {
        reports.logprobs().ifPresent(generate::setLogprobs);
        reports.promptLogprobs().ifPresent(generate::setPromptLogprobs);
        generate.setSpecialTokens(reports.specialTokens());
    }

    static EngineFrame prefixFound(PrefixFound.Builder found) {
        return EngineFrame.newBuilder().setPrefixFound(found).build();
    }

    static EngineFrame prefixTaken(long number) {
        return EngineFrame.newBuilder()
                .setPrefixTaken(PrefixTaken.newBuilder().setNumber(number))
                .build();
    }

    static EngineFrame cancel(long number) {
        return EngineFrame.newBuilder()
                .setCancel(Cancel.newBuilder().setRequest(number))
                .build();
    }

    /**
     * Asks the worker to let a request go, which will continue on another one.
     *
     * @param bytes the largest state with which it may
     */
    static EngineFrame leave(long number, long bytes) {
        return EngineFrame.newBuilder()
                .setLeave(Leave.newBuilder().setRequest(number).setBytes(bytes))
                .build();
    }

    /** Tells the worker how many threads it may use from now on. */
    static EngineFrame cores(int threads) {
        return EngineFrame.newBuilder()
                .setCores(Cores.newBuilder().setThreads(threads))
                .build();
    }

    /** Asks the worker to end. */
    static EngineFrame stop() {
        return EngineFrame.newBuilder().setStop(Stop.getDefaultInstance()).build();
    }

    /** Asks the worker for a sign of life. */
    static EngineFrame ping() {
        return EngineFrame.newBuilder().setPing(Ping.getDefaultInstance()).build();
    }

    /** Asks the worker to wait for the next application and to connect to it with this token. */
    static EngineFrame park(String token) {
        return EngineFrame.newBuilder()
                .setPark(Park.newBuilder().setToken(token))
                .build();
    }

    /** Sends the settings of the worker. */
    static EngineFrame settings(WorkerSettings settings) {
        return EngineFrame.newBuilder().setSettings(settings).build();
    }

    static EngineFrame fault(Fault fault) {
        return EngineFrame.newBuilder().setFault(fault).build();
    }

    private static Sampling sampling(SamplingOptions options) {
        Truncation truncation = options.truncation();
        Penalties penalties = options.penalties();
        Sampling.Builder sampling = Sampling.newBuilder()
                .setTemperature(options.temperature())
                .setTopP(truncation.topP())
                .setTopK(truncation.topK())
                .setMinP(truncation.minP())
                .setPresencePenalty(penalties.presence())
                .setFrequencyPenalty(penalties.frequency())
                .setRepetitionPenalty(penalties.repetition())
                .setSeed(options.seed())
                .addAllBadWords(options.rules().badWords());
        if (truncation.typicalP() < 1) {
            sampling.setTypicalP(truncation.typicalP());
        }
        options.rules()
                .bias()
                .forEach((token, bias) -> sampling.addLogitBias(
                        Sampling.LogitBias.newBuilder().setToken(token).setBias(bias)));
        return sampling.build();
    }
}
