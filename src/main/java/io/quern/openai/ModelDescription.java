package io.quern.openai;

import io.quern.catalog.HostedModel;
import io.quern.model.GgufMetadata;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Describes a model: the fields of OpenAI's API, and some more. */
final class ModelDescription {
    private ModelDescription() {}

    static Buffer append(Buffer out, HostedModel model) {
        boolean here = model.model().isOpen();
        JsonText.appendQuoted(out.appendString("{\"id\":"), model.name());
        out.appendString(",\"object\":\"model\",\"created\":"
                + (here ? model.model().created().getEpochSecond() : 0) + ",\"owned_by\":\"quern\"");
        out.appendString(",\"aliases\":[");
        String separator = "";
        for (String alias : model.aliases()) {
            JsonText.appendQuoted(out.appendString(separator), alias);
            separator = ",";
        }
        out.appendString("]");
        if (here) {
            GgufMetadata metadata = model.model().metadata();
            out.appendString(",\"context_length\":" + model.contextLength());
            appendText(out, "quantization", metadata.quantisation().orElse(null));
            out.appendString(",\"parameters\":" + metadata.parameterCount());
        }
        appendText(out, "state", model.state().label());
        return out.appendString("}");
    }

    private static void appendText(Buffer out, String name, @Nullable String value) {
        if (value != null) {
            JsonText.appendQuoted(out.appendString(",\"" + name + "\":"), value);
        }
    }
}
