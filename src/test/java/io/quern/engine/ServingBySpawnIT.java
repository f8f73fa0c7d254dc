package io.quern.engine;

/** As on a first run, but for how workers are started: the embedded demo model. */
class ServingBySpawnIT extends ProcessServingContract {
    ServingBySpawnIT() {
        super("demo", "demo", 8192, "spawn");
    }
}
