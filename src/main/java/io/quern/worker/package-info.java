/**
 * Implements the worker process: its main, the session with the engine, and the step loop with continuous batching,
 * sampling and detokenisation. It uses no Quarkus and no CDI: its class path contains only this application's classes
 * and protobuf.
 *
 * <p>It owns the model, the context and the slots. The engine's pool and admission handle restarts and queues.
 */
package io.quern.worker;
