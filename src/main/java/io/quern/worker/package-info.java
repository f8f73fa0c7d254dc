/**
 * The child process: its plain main, the session with the engine, the step loop with continuous batching, sampling and
 * detokenisation. No Quarkus, no CDI: its class path is this application's classes and protobuf alone.
 *
 * <p>Owns the model, the context and the slots. Does not own restarts or queues: the engine's pool and admission do.
 */
package io.quern.worker;
