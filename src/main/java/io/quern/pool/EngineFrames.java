package io.quern.pool;

import io.quern.generation.GenerationRequest;
import io.quern.generation.SamplingOptions;
import io.quern.generation.VocabularyQuestion;
import io.quern.wire.Cancel;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fault;
import io.quern.wire.Generate;
import io.quern.wire.Kept;
import io.quern.wire.Park;
import io.quern.wire.Ping;
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
                .setPrompt(request.prompt().text())
                .setAddSpecial(request.prompt().addSpecialTokens())
                .addAllStop(request.stop())
                .setIgnoreEos(request.ignoreEos())
                .setSampling(sampling(request.sampling()));
        if (request.maxTokens() > 0) {
            generate.setMaxTokens(request.maxTokens());
        }
        kept.ifPresent(generate::setKept);
        return EngineFrame.newBuilder().setGenerate(generate).build();
    }

    /** @param number the number of the question, which the worker's answer repeats */
    static EngineFrame question(long number, VocabularyQuestion<?> question) {
        var frame = io.quern.wire.VocabularyQuestion.newBuilder().setNumber(number);
        switch (question) {
            case VocabularyQuestion.Tokenize(String text, boolean addSpecialTokens, boolean names) ->
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

    static EngineFrame cancel(long number) {
        return EngineFrame.newBuilder()
                .setCancel(Cancel.newBuilder().setRequest(number))
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
        return Sampling.newBuilder()
                .setTemperature(options.temperature())
                .setTopP(options.topP())
                .setTopK(options.topK())
                .setMinP(options.minP())
                .setPresencePenalty(options.presencePenalty())
                .setFrequencyPenalty(options.frequencyPenalty())
                .setRepetitionPenalty(options.repetitionPenalty())
                .setSeed(options.seed())
                .build();
    }
}
