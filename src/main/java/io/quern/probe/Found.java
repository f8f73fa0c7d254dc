package io.quern.probe;

import io.quern.device.Device;
import java.util.List;

/**
 * A device that was found, with what variables may call it.
 *
 * @param device as it will be reported; {@link Device#visible()} says whether this process may open it at all
 * @param number by which its vendor's runtime counts it, from 0; negative where it does not count it
 * @param instances UUIDs of the instances it is split into (NVIDIA's MIG)
 */
record Found(Device device, int number, List<String> instances) {
    Found(Device device, int number) {
        this(device, number, List.of());
    }
}
