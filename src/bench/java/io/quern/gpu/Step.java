package io.quern.gpu;

/**
 * One part of the run.
 *
 * @param name the name by which {@code --only} selects it
 * @param title the title of its section in the report
 * @param seconds the time after which it is ended and the run goes on
 * @param needs what it needs to run
 */
record Step(String name, String title, int seconds, Need needs, Body body) {
    enum Need {
        /** Neither a GPU nor a build of llama.cpp: the libraries in the application are enough. */
        NOTHING,
        /** A GPU, and llama.cpp built for it. */
        DEVICE,
        /** llama.cpp built for the GPU if there is one; without a device, the libraries in the application. */
        LIBRARIES
    }

    interface Body {
        /**
         * Runs the step.
         *
         * @throws Exception if something goes wrong; the report quotes it
         */
        void run(TestBed testBed) throws Exception;
    }
}
