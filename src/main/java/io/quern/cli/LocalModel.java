package io.quern.cli;

import io.quern.store.ModelReference;

/**
 * Makes sure that a model is on this machine.
 *
 * @param out shows a download
 */
record LocalModel(Output out) {

    /**
     * Looks for the model and downloads it if it is not here, as {@code pull} does.
     *
     * @param typed by the user
     * @throws CommandFailure if there is no such file
     * @throws io.quern.store.StoreException if it cannot be downloaded
     */
    void require(String typed) throws InterruptedException {
        switch (ModelReference.parse(typed)) {
            case ModelReference.Demo demo -> {}
            case ModelReference.LocalFile file -> ModelNames.existing(file);
            case ModelReference.Remote remote -> {
                Settings settings = Settings.read();
                if (settings.modelStore().find(remote).isEmpty()) {
                    try (PullView view = new PullView(out, remote)) {
                        settings.modelStore().pull(remote, settings.choice(), view);
                    }
                }
            }
        }
    }
}
