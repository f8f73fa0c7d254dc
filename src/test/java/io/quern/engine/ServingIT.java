package io.quern.engine;

/** As on a first run: the embedded demo model. */
class ServingIT extends ServingContract {
    ServingIT() {
        super("demo", "demo", 8192);
    }
}
