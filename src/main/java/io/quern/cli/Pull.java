package io.quern.cli;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quern.settings.ByteFormat;
import io.quern.store.ModelReference;
import io.quern.store.StoredModel;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Downloads a model. */
@RegisterForReflection(targets = StoredModelView.class)
@Command(
        name = "pull",
        description = "Downloads a model. If a download was interrupted, it continues where that stopped.",
        exitCodeList = {
            "0:the model is on this machine",
            "1:the store cannot be used",
            "2:the command line is wrong",
            "4:there is no such model",
            "5:the server cannot be reached, or Quern is offline",
            "6:the server asks for a token (HF_TOKEN), or the owner has to grant access",
            "7:the disk is full, or no quantisation fits into memory",
            "8:the file is damaged or no model",
            "9:another process downloads the model and does not finish",
            "130:Ctrl-C"
        },
        footer = {
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO              the best quantisation for this machine",
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO:Q4_K_M       this quantisation",
            "  ${COMMAND-FULL-NAME} hf:OWNER/REPO/FILE.gguf    this file; a split model by its first part",
            "  ${COMMAND-FULL-NAME} https://HOST/FILE.gguf     a file of a web server",
            "",
            "HF_TOKEN is the token for gated repositories. HF_ENDPOINT names another hub. With HF_HUB_OFFLINE=1 nothing"
                    + " is downloaded."
        })
final class Pull implements Callable<Integer> {
    @Mixin
    CommonOptions common;

    @Parameters(paramLabel = "MODEL", description = "hf:OWNER/REPO[:QUANT | /FILE.gguf], or an https URL.")
    String name;

    @Option(names = "--json", description = "Prints one JSON object about the model when it is here.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        Output out = common.output(json);
        ModelReference.Remote reference = ModelNames.remote(name, "downloaded");
        Settings settings = Settings.read();
        StoredModel model;
        try (PullView view = new PullView(out, reference)) {
            model = settings.modelStore().pull(reference, settings.choice(), view);
        }
        if (json) {
            out.write(StoredModelView.of(model));
        } else {
            out.line(out.good("Ready: ") + model.reference() + " (" + ByteFormat.of(model.bytes()) + ")");
            out.line("  " + out.name(Commands.name() + " run " + model.reference()));
        }
        return ExitCode.DONE.number();
    }
}
