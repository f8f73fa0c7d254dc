package io.quern.cli;

import io.quern.model.ModelFiles;
import io.quern.store.ModelReference;
import io.quern.store.StoreException;
import io.quern.store.StoredModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Makes sure that a model is on this machine.
 *
 * @param out shows a download
 */
record LocalModel(Output out) {

    /**
     * Looks for the model and downloads it if it is not here, as {@code pull} does.
     *
     * @param typed by the user: a name of the configuration, or what {@code quern.model} may contain
     * @return the settings of an engine that serves only this model
     * @throws CommandFailure if there is no such file
     * @throws StoreException if it cannot be downloaded
     */
    Map<String, String> require(String typed) throws InterruptedException {
        NamedModels named = NamedModels.read();
        Map<String, String> settings = named.settings(typed);
        switch (ModelReference.parse(settings.get("quern.model"))) {
            case ModelReference.Demo demo -> {}
            case ModelReference.LocalFile file -> require(file, named);
            case ModelReference.Remote remote -> require(remote);
        }
        return settings;
    }

    private static void require(ModelReference.LocalFile file, NamedModels named) {
        if (!Files.exists(file.path()) && file.path().getNameCount() == 1) {
            List<String> similar = named.similar(file.toString(), downloaded());
            throw new CommandFailure(
                    ExitCode.NOT_FOUND,
                    "There is no model \"" + file + "\": no running engine serves it, quern.models does not contain it,"
                            + " and there is no such file."
                            + (similar.isEmpty()
                                    ? ModelNames.hint(file)
                                    : " Similar names: " + String.join(", ", similar) + "."));
        }
        Path path = ModelNames.existing(file);
        if (Files.isDirectory(path)) {
            String files = ModelFiles.in(path).stream().map(Path::toString).collect(Collectors.joining(", "));
            throw new CommandFailure(
                    ExitCode.NOT_FOUND,
                    path + " is a folder. " + (files.isEmpty() ? "It contains no GGUF file." : "Name one of " + files));
        }
    }

    private static List<String> downloaded() {
        try {
            return Settings.read().modelStore().list().stream()
                    .map(StoredModel::reference)
                    .map(Object::toString)
                    .toList();
        } catch (StoreException e) {
            // a message without suggestions is better than one about the store
            return List.of();
        }
    }

    private void require(ModelReference.Remote remote) throws InterruptedException {
        Settings settings = Settings.read();
        if (settings.modelStore().find(remote).isEmpty()) {
            try (PullView view = new PullView(out, remote)) {
                settings.modelStore().pull(remote, settings.choice(), view);
            }
        }
    }
}
