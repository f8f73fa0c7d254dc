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
 * A worker's whole life on one connection: it says who it is, gets its settings, and serves. The host does what concerns a
 * process, so a session runs in a thread of the engine just as well.
 */
final class WorkerSession {
    private final EngineLine engine;
    private final int worker;
    private final String token;
    private final WorkerLog log;
    private final SessionHost host;

    /**
     * @param engine the connection; to be closed when the session has ended, which ends the thread that receives
     * @param worker its number in the engine's pool
     * @param token tells the engine that this is the worker it started
     * @param log gets lines from any thread
     */
    WorkerSession(EngineLine engine, int worker, String token, WorkerLog log, SessionHost host) {
        this.engine = engine;
        this.worker = worker;
        this.token = token;
        this.log = log;
        this.host = host;
    }

    /** Runs on the calling thread until the session ends. Once only. */
    SessionEnd run() throws InterruptedException {
        try {
            engine.send(hello(worker, token));
            EngineFrame first = engine.receive();
            if (first == null) {
                // turned away, or the engine is gone
                return SessionEnd.LOST;
            }
            if (!first.hasSettings()) {
                throw new IOException("the engine's first frame brings no settings: " + first.getFrameCase());
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

    /** The first frame on a connection. */
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
