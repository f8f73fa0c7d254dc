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
 * Which devices the vendors' runtimes would let a program see, given the environment variables for that. A pure function.
 *
 * <p>Left alone are variables that speak to others: NVIDIA_VISIBLE_DEVICES and HABANA_VISIBLE_DEVICES to the container runtime,
 * which has obeyed already, ONEAPI_DEVICE_SELECTOR to SYCL, in a language of filters.
 *
 * @param devices all that were found, those that are hidden marked so
 * @param notes sentences about entries that name no device, or not surely one
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

    /** The CUDA programming guide, "CUDA environment variables". */
    private static List<Found> nvidia(List<Found> gpus, Map<String, String> environment, List<String> notes) {
        String value = environment.get(CUDA);
        if (value == null || gpus.isEmpty()) {
            return gpus;
        }
        boolean different =
                gpus.stream().map(gpu -> gpu.device().name()).distinct().count() > 1;
        boolean byPlace = "PCI_BUS_ID".equals(environment.get("CUDA_DEVICE_ORDER"));
        if (different && !byPlace && value.matches("\\s*\\d+\\s*(,.*)?")) {
            notes.add(
                    CUDA + " counts GPUs by their speed unless CUDA_DEVICE_ORDER is PCI_BUS_ID: with different GPUs as"
                            + " here, another one may be meant");
        }
        return untilInvalid(CUDA, value, gpus, notes);
    }

    /** ROCm's guide to GPU isolation: HIP counts what ROCR leaves, and takes CUDA's variable where its own is not set. */
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
     * The Level Zero specification, "environment variables": entries are devices, or parts of them ("0.1"); an empty mask hides
     * nothing. Where a card has several tiles the driver may count those, which is not known here.
     */
    private static List<Found> xpu(List<Found> gpus, Map<String, String> environment, List<String> notes) {
        return listed("ZE_AFFINITY_MASK", "\\..*", gpus, environment, notes);
    }

    /** The Gaudi documentation: numbers of modules, places on the board. */
    private static List<Found> gaudi(List<Found> cards, Map<String, String> environment, List<String> notes) {
        return listed("HABANA_VISIBLE_MODULES", "", cards, environment, notes);
    }

    /** A list that ends at its first invalid entry; an empty one hides all. */
    private static List<Found> untilInvalid(String variable, String value, List<Found> gpus, List<String> notes) {
        List<Found> visible = new ArrayList<>();
        if (value.isBlank()) {
            return visible;
        }
        for (String part : value.split(",", -1)) {
            String entry = part.strip();
            Optional<Found> gpu = named(entry, gpus);
            if (gpu.isEmpty()) {
                // the usual way to say: none, or none but these
                if (!entry.equals("-1")) {
                    notes.add(variable + ": '" + entry + "' names none of the devices, or several; it and what follows"
                            + " count for nothing");
                }
                break;
            }
            if (!visible.contains(gpu.get())) {
                visible.add(gpu.get());
            }
        }
        return visible;
    }

    /** By number, by the beginning of a UUID, or by an instance (MIG-UUID, or MIG-GPU-UUID/1/0 with older drivers). */
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

    /** A set of numbers; those that name nothing are passed over, an empty one hides nothing. */
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
                notes.add(variable + ": '" + entry + "' names none of the devices");
            }
            card.filter(one -> !visible.contains(one)).ifPresent(visible::add);
        }
        return visible;
    }
}
