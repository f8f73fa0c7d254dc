package io.quern.probe;

import io.quern.device.Device;
import java.util.List;

/**
 * A device that was found, with the names that visibility variables may use for it.
 *
 * @param device as it will be reported; {@link Device#visible()} says whether this process may open it
 * @param number its number in its vendor's runtime, from 0; negative if the runtime does not count it
 * @param instances UUIDs of its instances if it is partitioned (NVIDIA's MIG)
 */
record Found(Device device, int number, List<String> instances) {
    Found(Device device, int number) {
        this(device, number, List.of());
    }
}
