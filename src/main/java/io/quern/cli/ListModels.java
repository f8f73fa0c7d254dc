package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.settings.ByteFormat;
import io.quern.store.StoredModel;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the models that have been downloaded to this machine. */
@RegisterForReflection(targets = StoredModelView.class)
@Command(
        name = "list",
        aliases = "ls",
        description = "Lists the models that have been downloaded to this machine.",
        exitCodeList = {"0:the models are listed, or there are none", "1:the store cannot be read"},
        footer = {"  ${COMMAND-FULL-NAME}", "  ${COMMAND-FULL-NAME} --json | jq -r .[].name"})
final class ListModels implements Callable<Integer> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

    @Mixin
    CommonOptions common;

    @Option(names = "--json", description = "Prints a JSON array.")
    boolean json;

    @Override
    public Integer call() {
        Output out = common.output(json);
        List<StoredModel> models = Settings.read().modelStore().list();
        if (json) {
            out.write(models.stream().map(StoredModelView::of).toList());
        } else if (models.isEmpty()) {
            out.note("No model has been downloaded yet. `" + Commands.name()
                    + " pull hf:OWNER/REPO` downloads one; `demo` needs no download.");
        } else {
            out.table(
                    List.of("NAME", "SIZE", "QUANTISATION", "DOWNLOADED", "FROM"),
                    models.stream().map(ListModels::row).toList());
        }
        return ExitCode.DONE.number();
    }

    private static List<String> row(StoredModel model) {
        return List.of(
                model.reference().toString(),
                ByteFormat.of(model.bytes()),
                model.quantisation().orElse("-"),
                TIME.format(model.pulledAt().atZone(ZoneId.systemDefault())),
                model.origin() == StoredModel.Origin.STORE ? "quern pull" : "the hub's cache");
    }
}
