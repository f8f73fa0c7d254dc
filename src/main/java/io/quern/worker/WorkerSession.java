package io.quern.worker;

import io.quern.llama.LogLevel;
import io.quern.wire.EngineFrame;
import io.quern.wire.Fatal;
import io.quern.wire.Hello;
import io.quern.wire.Protocol;
import io.quern.wire.SettingsCheck;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.util.Optional;

/**
 * Runs a worker on one connection: it sends Hello, receives its settings and serves. The host handles everything that
 * concerns the process, so a session can also run in a thread of the engine.
 */
final class WorkerSession {
    private final EngineLine engine;
    private final int worker;
    private final String token;
    private final WorkerLog log;
    private final SessionHost host;

    /**
     * @param engine the connection; the caller closes it after the session, which ends the receiving thread
     * @param worker its id in the engine's pool
     * @param token proves to the engine that this is the worker it started
     * @param log receives lines from any thread
     */
    WorkerSession(EngineLine engine, int worker, String token, WorkerLog log, SessionHost host) {
        this.engine = engine;
        this.worker = worker;
        this.token = token;
        this.log = log;
        this.host = host;
    }

    /** Runs on the calling thread until the session ends. Call it only once. */
    SessionEnd run() throws InterruptedException {
        try {
            engine.send(hello(worker, token));
            EngineFrame first = engine.receive();
            if (first == null) {
                // the engine rejected this worker or has ended
                return SessionEnd.LOST;
            }
            if (!first.hasSettings()) {
                throw new IOException("the engine's first frame has no settings: " + first.getFrameCase());
            }
            WorkerSettings settings = first.getSettings();
            Optional<String> problem = SettingsCheck.problem(settings);
            if (problem.isPresent()) {
                return failed(problem.get(), Fatal.Cause.UNUSABLE);
            }
            engine.limit(settings.getMaxFrameBytes());
            host.prepare(settings);
            return new Serving(engine, worker, settings, log, host).run();
        } catch (NumaBinding.ImpossibleException e) {
            return failed(e.getMessage(), Fatal.Cause.CAUSE_UNSPECIFIED);
        } catch (IOException e) {
            log.worker(LogLevel.ERROR, e.getMessage());
            return SessionEnd.LOST;
        }
    }

    /** Returns the first frame on a connection. */
    static WorkerFrame hello(int worker, String token) {
        return WorkerFrame.newBuilder()
                .setHello(Hello.newBuilder()
                        .setProtocolVersion(Protocol.VERSION)
                        .setWorker(worker)
                        .setToken(token)
                        .setPid(ProcessHandle.current().pid()))
                .build();
    }

    private SessionEnd failed(String message, Fatal.Cause cause) {
        engine.sendFatal(message, cause, log);
        return SessionEnd.FAILED;
    }
}
