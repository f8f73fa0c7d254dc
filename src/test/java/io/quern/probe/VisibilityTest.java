package io.quern.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Devices are written as the last letters of their ids. */
class VisibilityTest {

    /** Three GPUs, of which the last is partitioned into two instances. */
    private static final List<Found> NVIDIA = List.of(
            gpu(Vendor.NVIDIA, "GPU-aaaa1111-a", 0),
            gpu(Vendor.NVIDIA, "GPU-aaaa2222-b", 1),
            new Found(device(Vendor.NVIDIA, "GPU-cccc3333-c", true, "H100"), 2, List.of("MIG-1111-x", "MIG-1122-y")));

    private static final List<Found> AMD = List.of(
            gpu(Vendor.AMD, "GPU-00000000000000a", 0),
            gpu(Vendor.AMD, "GPU-11111111111111b", 1),
            gpu(Vendor.AMD, "GPU-22222222222222c", 2));

    private static final List<Found> XPU =
            List.of(gpu(Vendor.XPU, "0000:03:00.a", 0), gpu(Vendor.XPU, "0000:04:00.b", 1));

    private static final List<Found> GAUDI =
            List.of(gpu(Vendor.GAUDI, "0000:19:00.a", 6), gpu(Vendor.GAUDI, "0000:1a:00.b", 2));

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = true, textBlock = """
        # CUDA_VISIBLE_DEVICES   | visible | entries complained of
        unset                    | abc     | 0
        ''                       |         | 0
        '  '                     |         | 0
        -1                       |         | 0
        0                        | a       | 0
        1,0                      | ab      | 0
        ' 1 , 2 '                | bc      | 0
        0,0                      | a       | 0
        0,2,-1,1                 | ac      | 0
        0,7,1                    | a       | 1
        7                        |         | 1
        0,                       | a       | 1
        ',0'                     |         | 1
        all                      |         | 1
        none                     |         | 1
        NoDevFiles               |         | 1
        +1                       |         | 1
        12345678901234567890     |         | 1
        GPU-cccc3333-c           | c       | 0
        GPU-aaaa2                | b       | 0
        GPU-aaaa                 |         | 1
        GPU-                     |         | 1
        gpu-cccc                 |         | 1
        cccc3333                 |         | 1
        'GPU-cccc,GPU-dddd,0'    | c       | 1
        'GPU-cccc,0'             | ac      | 0
        MIG-1111-x               | c       | 0
        'MIG-1111-x,MIG-1122-y'  | c       | 0
        MIG-11                   | c       | 0
        MIG-9                    |         | 1
        MIG-GPU-cccc3333-c/1/0   | c       | 0
        MIG-GPU-dddd/1/0         |         | 1
        """)
    void cudaVariableHidesDevices(String value, String visible, int complaints) {
        assertSeen(NVIDIA, "CUDA_VISIBLE_DEVICES", value, visible, complaints);
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = true, textBlock = """
        # ROCR  | HIP   | CUDA  | visible | entries complained of
        unset   | unset | unset | abc     | 0
        1       | unset | unset | b       | 0
        GPU-222 | unset | unset | c       | 0
        GPU-3   | unset | unset |         | 1
        unset   | 2,0   | unset | ac      | 0
        2,1     | 0     | unset | c       | 0
        2,1     | 1     | unset | b       | 0
        2,1     | 2     | unset |         | 1
        ''      | unset | unset |         | 0
        unset   | ''    | unset |         | 0
        unset   | unset | 1     | b       | 0
        unset   | 0     | 1     | a       | 0
        1       | unset | 0     | b       | 0
        unset   | -1    | unset |         | 0
        0,5,1   | unset | unset | a       | 1
        """)
    void amdVariablesHideDevices(String rocr, String hip, String cuda, String visible, int complaints) {
        Map<String, String> environment = new TreeMap<>(
                Map.of("ROCR_VISIBLE_DEVICES", rocr, "HIP_VISIBLE_DEVICES", hip, "CUDA_VISIBLE_DEVICES", cuda));
        environment.values().removeIf("unset"::equals);
        assertSeen(AMD, environment, visible, complaints);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = true, textBlock = """
        # ZE_AFFINITY_MASK | visible | entries complained of
        unset     | ab | 0
        ''        | ab | 0
        0         | a  | 0
        1.0       | b  | 0
        '0.1,1'   | ab | 0
        '5,1'     | b  | 1
        default   |    | 1
        """)
    void levelZeroVariableHidesDevices(String value, String visible, int complaints) {
        assertSeen(XPU, "ZE_AFFINITY_MASK", value, visible, complaints);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = true, textBlock = """
        # HABANA_VISIBLE_MODULES | visible | entries complained of
        unset | ab | 0
        ''    | ab | 0
        2     | b  | 0
        '2,6' | ab | 0
        0     |    | 1
        """)
    void gaudiVariableHidesDevices(String value, String visible, int complaints) {
        assertSeen(GAUDI, "HABANA_VISIBLE_MODULES", value, visible, complaints);
    }

    @Test
    void variableHidesOnlyDevicesOfItsVendor() {
        List<Found> all = new ArrayList<>(NVIDIA);
        all.addAll(XPU);
        all.addAll(GAUDI);
        assertSeen(all, Map.of("CUDA_VISIBLE_DEVICES", "-1", "HIP_VISIBLE_DEVICES", "0"), "abab", 0);
    }

    @Test
    void variablesForOtherToolsHideNothing() {
        assertSeen(NVIDIA, Map.of("NVIDIA_VISIBLE_DEVICES", "void"), "abc", 0);
        assertSeen(GAUDI, Map.of("HABANA_VISIBLE_DEVICES", "0"), "ab", 0);
        assertSeen(XPU, Map.of("ONEAPI_DEVICE_SELECTOR", "opencl:*"), "ab", 0);
    }

    @Test
    void variableWithoutDevicesOfItsVendorIsIgnored() {
        assertSeen(List.of(), Map.of("ZE_AFFINITY_MASK", "3", "HABANA_VISIBLE_MODULES", "1"), "", 0);
    }

    @Test
    void unopenableDeviceIsHiddenAndNotCounted() {
        List<Found> found =
                List.of(new Found(device(Vendor.AMD, "GPU-a", false, "x"), -1), gpu(Vendor.AMD, "GPU-b", 0));
        assertSeen(found, Map.of(), "b", 0);
        assertSeen(found, Map.of("ROCR_VISIBLE_DEVICES", "0"), "b", 0);
    }

    @Test
    void numbersOfDifferentGpusDependOnTheOrder() {
        List<Found> different = List.of(
                new Found(device(Vendor.NVIDIA, "GPU-a", true, "A100"), 0),
                new Found(device(Vendor.NVIDIA, "GPU-b", true, "L4"), 1));
        assertSeen(different, Map.of("CUDA_VISIBLE_DEVICES", "1"), "b", 1);
        assertSeen(different, Map.of("CUDA_VISIBLE_DEVICES", "GPU-b"), "b", 0);
        assertSeen(different, Map.of("CUDA_VISIBLE_DEVICES", "1", "CUDA_DEVICE_ORDER", "PCI_BUS_ID"), "b", 0);
    }

    private static void assertSeen(List<Found> found, String variable, String value, String visible, int complaints) {
        assertSeen(found, value.equals("unset") ? Map.of() : Map.of(variable, value), visible, complaints);
    }

    private static void assertSeen(List<Found> found, Map<String, String> environment, String visible, int complaints) {
        Visibility seen = Visibility.of(found, environment);
        StringBuilder letters = new StringBuilder();
        seen.devices().stream()
                .filter(Device::visible)
                .forEach(device -> letters.append(device.id().charAt(device.id().length() - 1)));
        assertThat(letters).hasToString(visible == null ? "" : visible);
        assertThat(seen.notes()).hasSize(complaints);
        assertThat(seen.devices()).hasSameSizeAs(found);
    }

    private static Found gpu(Vendor vendor, String id, int number) {
        return new Found(device(vendor, id, true, "H100"), number);
    }

    private static Device device(Vendor vendor, String id, boolean visible, String name) {
        return new Device(vendor, id, name, 0, 0, "", "", false, visible, "test");
    }
}
