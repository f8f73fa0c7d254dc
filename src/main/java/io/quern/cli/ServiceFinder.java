package io.quern.cli;

import io.quern.client.ApiKey;
import io.quern.client.ClientException;
import io.quern.client.Endpoint;
import io.quern.client.OpenAiClient;
import io.quern.engines.EngineRecord;
import io.quern.engines.EngineRecords;
import io.quern.engines.ManagementClient;
import io.quern.engines.PrivateEngine;
import io.quern.engines.PrivateEngine.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Finds the service that can answer for a model: one that was named, a running engine, or a new engine. */
final class ServiceFinder {
    private final EngineRecords records;
    private final SessionFiles files;
    private final Optional<ApiKey> key;
    private final Duration maxSilence;
    private final AuthorityOption authorities;
    private final LocalModel local;

    /**
     * @param authorities whose certificates are trusted
     * @param local makes sure that a model is here before an engine is started for it
     */
    ServiceFinder(
            EngineRecords records,
            SessionFiles files,
            Optional<ApiKey> key,
            Duration maxSilence,
            AuthorityOption authorities,
            LocalModel local) {
        this.records = records;
        this.files = files;
        this.key = key;
        this.maxSilence = maxSilence;
        this.authorities = authorities;
        this.local = local;
    }

    /**
     * Finds or starts the service and waits until it accepts requests.
     *
     * @param model as typed
     * @param url of a service, or null
     * @param alone whether to start an engine in any case
     * @throws ClientException if the named service cannot answer for the model
     * @throws IOException if no engine can be started; the message says why
     */
    Service find(String model, String url, boolean alone, Progress progress)
            throws ClientException, IOException, InterruptedException {
        if (url != null) {
            return named(model, Endpoint.of(url, key));
        }
        Optional<Service> running = alone ? Optional.empty() : running(model, progress);
        return running.isPresent() ? running.get() : start(model, progress);
    }

    private Service named(String model, Endpoint endpoint) throws ClientException, InterruptedException {
        OpenAiClient client = authorities.client(endpoint, maxSilence);
        try {
            List<String> served = client.models();
            if (!served.contains(model)) {
                throw new CommandFailure(
                        ExitCode.NOT_FOUND,
                        endpoint.base() + " does not serve " + model + ". It serves " + String.join(", ", served)
                                + ".");
            }
            return new Service(client, model, Optional.empty());
        } catch (ClientException | InterruptedException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private Optional<Service> running(String model, Progress progress)
            throws ClientException, IOException, InterruptedException {
        String wanted = ModelArgument.absolute(model);
        for (EngineRecord engine : records.running()) {
            if (engine.isPrivate() || engine.api().isEmpty()) {
                continue;
            }
            Optional<EngineRecord.Model> configured = engine.models().stream()
                    .filter(one -> one.reference().equals(wanted))
                    .findFirst();
            OpenAiClient client = authorities.client(new Endpoint(engine.api().get(), key), maxSilence);
            Optional<String> name = Optional.empty();
            try {
                List<String> served = client.models();
                name = nameOf(model, configured, served);
            } catch (ClientException e) {
                if (configured.isPresent() && e.kind() == ClientException.Kind.UNAUTHORIZED) {
                    client.close();
                    throw new CommandFailure(
                            ExitCode.NOT_ALLOWED,
                            "The engine with pid " + engine.process().pid() + " serves " + model
                                    + ", but needs an API key. Pass it in " + ApiKey.VARIABLE
                                    + " or by --api-key-file, or start another engine by --private.",
                            e);
                }
                // an engine that is ending, or that is not meant for us
            }
            if (name.isPresent()) {
                awaitReady(engine, progress);
                return Optional.of(new Service(client, name.get(), Optional.empty()));
            }
            client.close();
        }
        return Optional.empty();
    }

    /**
     * Returns the name under which an engine serves a model, or empty if it does not.
     *
     * @param wanted what the user has typed: a name, a reference or a path
     * @param configured the engine's model with that reference
     */
    static Optional<String> nameOf(String wanted, Optional<EngineRecord.Model> configured, List<String> served) {
        if (served.contains(wanted)) {
            return Optional.of(wanted);
        }
        return configured.flatMap(model -> {
            if (model.name().isEmpty()) {
                return served.size() == 1 ? Optional.of(served.getFirst()) : Optional.empty();
            }
            return Optional.of(model.name()).filter(served::contains);
        });
    }

    /** Waits while the engine loads its model. If it cannot, the request gets its error. */
    private void awaitReady(EngineRecord engine, Progress progress) throws InterruptedException {
        Optional<URI> management = engine.management();
        if (management.isEmpty()) {
            return;
        }
        new ManagementClient(maxSilence, key.map(ApiKey::value))
                .awaitReady(management.get(), progress::at, () -> records.runs(engine));
    }

    private Service start(String model, Progress progress) throws IOException, InterruptedException {
        SessionEngine session = SessionEngine.of(local.require(model), files.log());
        PrivateEngine engine = PrivateEngine.start(records, session.start());
        try {
            EngineRecord record = engine.awaitReady(progress);
            URI api = record.api()
                    .orElseThrow(() -> new IOException("The engine has no HTTP API (quern.openai.enabled=false)."));
            OpenAiClient client = new OpenAiClient(new Endpoint(api, Optional.of(session.key())), maxSilence);
            try {
                List<String> served = client.models();
                return new Service(client, served.contains(model) ? model : served.getFirst(), Optional.of(engine));
            } catch (ClientException e) {
                client.close();
                throw new IOException(e.getMessage() + "\n" + engine.logEnd(), e);
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            engine.close();
            throw e;
        }
    }

    /** Returns the file that keeps what users type, or empty if it cannot be written. */
    Optional<Path> history() {
        return files.history();
    }
}
