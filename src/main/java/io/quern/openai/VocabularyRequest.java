package io.quern.openai;

import io.quern.generation.VocabularyQuestion;
import io.vertx.core.buffer.Buffer;
import java.util.function.Function;

/**
 * A request for tokens or text that was read and is valid.
 *
 * @param model the name of the model whose vocabulary is asked
 * @param json writes the answer; its cost grows with the answer
 */
record VocabularyRequest<A>(String model, VocabularyQuestion<A> question, Function<A, Buffer> json) {}
