package io.quern.admission;

import io.quern.pool.WorkerPool;
import io.quern.time.EngineClock;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

/** Makes the admission of each model. All follow the same rules, and each has bounds of its own. */
@Singleton
public final class Admissions {
    private final AdmissionPolicy policy;
    private final Vertx vertx;
    private final Instance<GenerationObserver> observers;

    Admissions(
            AdmissionConfig config,
            MigrationConfig migration,
            PrefixConfig prefix,
            TokenizeConfig tokenize,
            Vertx vertx,
            @Any Instance<GenerationObserver> observers) {
        policy = new AdmissionPolicy(config, migration, prefix, tokenize);
        this.vertx = vertx;
        this.observers = observers;
    }

    /**
     * Returns the admission to a pool. All observers that are beans are notified of its requests.
     *
     * @param gate decides which requests may wait
     */
    public Admission to(WorkerPool pool, Gate gate) {
        return new Admission(
                pool, gate, policy, vertx, observers.stream().toList(), EngineClock.system(), new VertxTimers(vertx));
    }
}
