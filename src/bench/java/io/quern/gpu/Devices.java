package io.quern.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks what the device probe finds, and that variables hide devices from it. */
final class Devices {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SECONDS = 25;
    private static final long MIB = 1 << 20;

    private Devices() {}

    static void probe(TestBed testBed) throws Exception {
        long started = System.nanoTime();
        JsonNode report = report(testBed, Map.of());
        testBed.report().block(report.toPrettyString());
        testBed.note("the probe took %.1f s", (System.nanoTime() - started) / 1e9);
        testBed.check(report.get("probed").asBoolean(), "the probe answers");
        testBed.check(report.get("problems").isEmpty(), "no problems: %s", report.get("problems"));
        if (testBed.device()) {
            compare(testBed, report);
        } else {
            testBed.check(report.get("devices").isEmpty(), "the probe finds no accelerator: %s", report.get("devices"));
        }
        String text = testBed.quern(SECONDS, Map.of(), "doctor");
        testBed.report().block(text);
        testBed.check(text.contains("workers can start"), "workers can start");
        if (testBed.device()) {
            testBed.check(text.contains("start method     spawn"), "doctor decides for spawn");
            testBed.check(
                    text.lines().anyMatch(line -> line.startsWith("computes on") && line.contains("CUDA")),
                    "llama.cpp computes on the GPU");
        }
    }

    private static void compare(TestBed testBed, JsonNode report) throws Exception {
        JsonNode device = report.at("/devices/0");
        String[] smi = testBed.output(
                        10,
                        Map.of(),
                        "bash",
                        "-c",
                        "nvidia-smi --query-gpu=uuid,name,memory.total,compute_cap,driver_version"
                                + " --format=csv,noheader,nounits")
                .split(" *, *");
        testBed.note("nvidia-smi reports: %s", String.join(", ", smi));
        if (smi.length == 5) {
            testBed.check(
                    smi[0].equals(device.path("id").asText()),
                    "UUID %s and %s",
                    smi[0],
                    device.path("id").asText());
            testBed.check(
                    smi[1].equals(device.path("name").asText()),
                    "name %s and %s",
                    smi[1],
                    device.path("name").asText());
            testBed.check(
                    Math.abs(Double.parseDouble(smi[2])
                                    - device.path("memoryTotalBytes").asDouble() / MIB)
                            < 1024,
                    "memory of %s and %.0f MiB",
                    smi[2],
                    device.path("memoryTotalBytes").asDouble() / MIB);
            testBed.check(
                    smi[3].equals(device.path("computeCapability").asText()),
                    "compute capability %s and %s",
                    smi[3],
                    device.path("computeCapability").asText());
            testBed.check(
                    smi[4].equals(device.path("driverVersion").asText()),
                    "driver %s and %s",
                    smi[4],
                    device.path("driverVersion").asText());
        } else {
            testBed.check(false, "nvidia-smi answers");
        }
        testBed.check(
                device.path("source").asText().equals("nvml"),
                "the source is NVML: %s",
                device.path("source").asText());
        List<String> gpus = new ArrayList<>();
        report.get("computeDevices").forEach(one -> {
            if (one.path("type").asText().equals("gpu")) {
                gpus.add("%s (%s), %.0f of %.0f MiB free"
                        .formatted(
                                one.path("name").asText(),
                                one.path("description").asText(),
                                one.path("memoryFreeBytes").asDouble() / MIB,
                                one.path("memoryTotalBytes").asDouble() / MIB));
            }
        });
        testBed.check(gpus.size() == report.get("devices").size(), "llama.cpp uses every GPU: %s", gpus);
    }

    /** Runs the probe with each value of the variable and reports what it finds. */
    static void visibility(TestBed testBed) throws Exception {
        String uuid = testBed.gpu().uuid();
        Map<String, Boolean> values = new LinkedHashMap<>();
        values.put(null, true);
        values.put("0", true);
        values.put(uuid, true);
        values.put(uuid.substring(0, 12), true);
        values.put("", false);
        values.put("7", false);
        values.put("-1", false);
        values.put("GPU-00000000", false);
        testBed.report()
                .table("CUDA_VISIBLE_DEVICES", "NVML's device is visible", "GPUs that llama.cpp uses", "problems");
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, Boolean> value : values.entrySet()) {
            Map<String, String> environment = new HashMap<>();
            if (value.getKey() != null) {
                environment.put("CUDA_VISIBLE_DEVICES", value.getKey());
            }
            JsonNode report = report(testBed, environment);
            boolean visible = report.at("/devices/0/visible").asBoolean();
            long gpus = 0;
            for (JsonNode one : report.get("computeDevices")) {
                gpus += one.path("type").asText().equals("gpu") ? 1 : 0;
            }
            testBed.report()
                    .row(
                            value.getKey() == null ? "not set" : "`" + value.getKey() + "`",
                            visible,
                            gpus,
                            report.get("problems"));
            if (visible != value.getValue() || (gpus > 0) != value.getValue()) {
                wrong.add(String.valueOf(value.getKey()));
            }
        }
        testBed.report().line("");
        testBed.check(
                wrong.isEmpty(), "the probe and CUDA select the right devices for each value; wrong for: %s", wrong);
    }

    private static JsonNode report(TestBed testBed, Map<String, String> more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("probe"));
        if (testBed.libraries() != null) {
            arguments.add("--llama=" + testBed.libraries());
        }
        String output = testBed.quern(SECONDS, more, arguments.toArray(String[]::new));
        for (String line : output.lines().toList().reversed()) {
            if (line.startsWith("{")) {
                return JSON.readTree(line);
            }
        }
        throw new IllegalStateException("the probe printed no report: " + output);
    }
}
