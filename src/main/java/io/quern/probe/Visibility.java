package io.quern.probe;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Determines which devices the vendors' runtimes would show to a program, given the environment variables that hide
 * devices. A pure function.
 *
 * <p>Ignores variables that are meant for others: NVIDIA_VISIBLE_DEVICES and HABANA_VISIBLE_DEVICES are for the
 * container runtime, which has applied them already; ONEAPI_DEVICE_SELECTOR is for SYCL and is written in a filter
 * language.
 *
 * @param devices all devices that were found, with the hidden ones marked
 * @param notes sentences about entries that name no device, or may name another one than intended
 */
record Visibility(List<Device> devices, List<String> notes) {
    private static final String CUDA = "CUDA_VISIBLE_DEVICES";

    static Visibility of(List<Found> found, Map<String, String> environment) {
        List<String> notes = new ArrayList<>();
        List<Found> visible = Stream.of(
                        nvidia(countable(found, Vendor.NVIDIA), environment, notes),
                        amd(countable(found, Vendor.AMD), environment, notes),
                        xpu(countable(found, Vendor.XPU), environment, notes),
                        gaudi(countable(found, Vendor.GAUDI), environment, notes))
                .flatMap(List::stream)
                .toList();
        List<String> ids = visible.stream().map(one -> one.device().id()).toList();
        return new Visibility(
                found.stream()
                        .map(Found::device)
                        .map(device -> ids.contains(device.id()) ? device : device.hidden())
                        .toList(),
                List.copyOf(notes));
    }

    private static List<Found> countable(List<Found> found, Vendor vendor) {
        return found.stream()
                .filter(one -> one.device().vendor() == vendor && one.number() >= 0)
                .toList();
    }

    /** Follows the CUDA programming guide, "CUDA environment variables". */
    private static List<Found> nvidia(List<Found> gpus, Map<String, String> environment, List<String> notes) {
        String value = environment.get(CUDA);
        if (value == null || gpus.isEmpty()) {
            return gpus;
        }
        boolean different =
                gpus.stream().map(gpu -> gpu.device().name()).distinct().count() > 1;
        boolean byPlace = "PCI_BUS_ID".equals(environment.get("CUDA_DEVICE_ORDER"));
        if (different && !byPlace && value.matches("\\s*\\d+\\s*(,.*)?")) {
            notes.add(CUDA
                    + " numbers GPUs by their speed unless CUDA_DEVICE_ORDER is PCI_BUS_ID: the GPUs here differ, so"
                    + " a number may mean another GPU");
        }
        return untilInvalid(CUDA, value, gpus, notes);
    }

    /**
     * Follows ROCm's guide to GPU isolation: HIP counts what ROCR leaves, and reads CUDA's variable if its own is not
     * set.
     */
    private static List<Found> amd(List<Found> gpus, Map<String, String> environment, List<String> notes) {
        String rocr = environment.get("ROCR_VISIBLE_DEVICES");
        List<Found> left =
                rocr == null || gpus.isEmpty() ? gpus : untilInvalid("ROCR_VISIBLE_DEVICES", rocr, gpus, notes);
        String hip = environment.containsKey("HIP_VISIBLE_DEVICES") ? "HIP_VISIBLE_DEVICES" : CUDA;
        if (!environment.containsKey(hip) || left.isEmpty()) {
            return left;
        }
        List<Found> counted = IntStream.range(0, left.size())
                .mapToObj(i -> new Found(left.get(i).device(), i))
                .toList();
        return untilInvalid(hip, environment.get(hip), counted, notes);
    }

    /**
     * Follows the Level Zero specification, "environment variables": entries are devices or parts of them ("0.1"); an
     * empty mask hides nothing. If a card has several tiles, the driver may count those, which is unknown here.
     */
    private static List<Found> xpu(List<Found> gpus, Map<String, String> environment, List<String> notes) {
        return listed("ZE_AFFINITY_MASK", "\\..*", gpus, environment, notes);
    }

    /** Follows the Gaudi documentation: entries are numbers of modules, which are places on the board. */
    private static List<Found> gaudi(List<Found> cards, Map<String, String> environment, List<String> notes) {
        return listed("HABANA_VISIBLE_MODULES", "", cards, environment, notes);
    }

    /** Evaluates a list that ends at its first invalid entry. An empty list hides all devices. */
    private static List<Found> untilInvalid(String variable, String value, List<Found> gpus, List<String> notes) {
        List<Found> visible = new ArrayList<>();
        if (value.isBlank()) {
            return visible;
        }
        for (String part : value.split(",", -1)) {
            String entry = part.strip();
            Optional<Found> gpu = named(entry, gpus);
            if (gpu.isEmpty()) {
                // -1 is the usual way to hide all devices, or all but those before it
                if (!entry.equals("-1")) {
                    notes.add(variable + ": '" + entry + "' names no device, or more than one; this entry and all"
                            + " later ones are ignored");
                }
                break;
            }
            if (!visible.contains(gpu.get())) {
                visible.add(gpu.get());
            }
        }
        return visible;
    }

    /**
     * Finds a device by number, by the beginning of a UUID, or by an instance (MIG-UUID, or MIG-GPU-UUID/1/0 with older
     * drivers).
     */
    private static Optional<Found> named(String entry, List<Found> gpus) {
        if (entry.matches("\\d{1,9}")) {
            int number = Integer.parseInt(entry);
            return gpus.stream().filter(gpu -> gpu.number() == number).findFirst();
        }
        String uuid =
                entry.startsWith("MIG-GPU-") ? entry.substring("MIG-".length()).split("/")[0] : entry;
        List<Found> matching = gpus.stream()
                .filter(gpu -> uuid.startsWith("GPU-")
                        ? gpu.device().id().startsWith(uuid)
                        : uuid.startsWith("MIG-")
                                && gpu.instances().stream().anyMatch(instance -> instance.startsWith(uuid)))
                .toList();
        return matching.size() == 1 ? Optional.of(matching.getFirst()) : Optional.empty();
    }

    /** Evaluates a set of numbers. Numbers without a device are ignored; an empty set hides nothing. */
    private static List<Found> listed(
            String variable, String ending, List<Found> cards, Map<String, String> environment, List<String> notes) {
        String value = environment.getOrDefault(variable, "");
        if (value.isBlank() || cards.isEmpty()) {
            return cards;
        }
        List<Found> visible = new ArrayList<>();
        for (String part : value.split(",")) {
            String entry = part.strip();
            Optional<Found> card = cards.stream()
                    .filter(one -> Integer.toString(one.number()).equals(entry.replaceFirst(ending, "")))
                    .findFirst();
            if (card.isEmpty()) {
                notes.add(variable + ": '" + entry + "' names no device");
            }
            card.filter(one -> !visible.contains(one)).ifPresent(visible::add);
        }
        return visible;
    }
}
