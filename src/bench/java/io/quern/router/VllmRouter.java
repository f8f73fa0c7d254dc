package io.quern.router;

import io.quern.bench.Service;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts vLLM's router in front of engines.
 *
 * @param executable the script that pip has installed
 * @param options options besides the policy
 */
record VllmRouter(Path executable, List<Service> engines, String policy, List<String> options) implements Service.Kind {
    @Override
    public String title() {
        return "vllm-router";
    }

    /** Ignores model, slots and context, which are settings of the engines. */
    @Override
    public ProcessBuilder command(Path model, int slots, int context, int port) {
        List<String> command = new ArrayList<>(List.of(
                executable.toString(), "--host", "127.0.0.1", "--port", Integer.toString(port), "--worker-urls"));
        engines.forEach(engine -> command.add("http://127.0.0.1:" + engine.port()));
        command.addAll(List.of("--policy", policy, "--log-level", "warning"));
        // Its default port for metrics is always the same, so two routers would collide.
        command.addAll(List.of("--prometheus-port", Integer.toString(Service.freePort())));
        command.addAll(options);
        return new ProcessBuilder(command);
    }
}
