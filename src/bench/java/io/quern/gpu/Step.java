package io.quern.gpu;

/**
 * One part of the run.
 *
 * @param name by which {@code --only} asks for it
 * @param title of its section in the report
 * @param seconds it may take; then it is ended, and the run goes on
 * @param needs what it cannot do without
 */
record Step(String name, String title, int seconds, Need needs, Body body) {
    enum Need {
        /** Neither a GPU nor a build of llama.cpp: what travels in the application is enough. */
        NOTHING,
        /** A GPU, and llama.cpp built for it. */
        DEVICE,
        /** The GPU's llama.cpp where there is one; without a device, what travels in the application. */
        LIBRARIES
    }

    interface Body {
        /** @throws Exception what goes wrong becomes a line in the report */
        void run(TestBed testBed) throws Exception;
    }
}
