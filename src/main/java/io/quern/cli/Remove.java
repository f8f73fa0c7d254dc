package io.quern.cli;

import io.quern.settings.ByteFormat;
import io.quern.store.ModelReference;
import io.quern.store.ModelStore;
import io.quern.store.StoreException;
import io.quern.store.StoredModel;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Removes downloaded models. */
@Command(
        name = "rm",
        description = "Removes downloaded models. Refused while an engine uses the model.",
        exitCodeList = {
            "0:the models are gone",
            "1:the store cannot be changed",
            "2:the command line is wrong",
            "4:there is no such model",
            "9:a process uses the model"
        },
        footer = {
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO:Q4_K_M     one quantisation",
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO            all of the repository"
        })
final class Remove implements Callable<Integer> {
    @Mixin
    CommonOptions common;

    @Parameters(arity = "1..*", paramLabel = "MODEL", description = "Names as `list` shows them.")
    List<String> names;

    @Override
    public Integer call() {
        Output out = common.output();
        List<ModelReference.Remote> references =
                names.stream().map(name -> ModelNames.remote(name, "removed")).toList();
        ModelStore store = Settings.read().modelStore();
        RuntimeException failure = null;
        for (ModelReference.Remote reference : references) {
            try {
                for (StoredModel removed : store.remove(reference)) {
                    out.line("Removed " + out.name(removed.reference().toString()) + " ("
                            + ByteFormat.of(removed.bytes()) + ")");
                }
            } catch (StoreException e) {
                // the others can still be removed
                if (failure != null) {
                    out.note(failure.getMessage());
                }
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return ExitCode.DONE.number();
    }
}
