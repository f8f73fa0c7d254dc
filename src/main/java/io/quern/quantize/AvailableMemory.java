package io.quern.quantize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The memory that processes can still allocate on this machine. */
@FunctionalInterface
public interface AvailableMemory {
    /** Returns its bytes now, or {@link Long#MAX_VALUE} if unknown. */
    long bytes();

    /** @param left bytes that this process and its children may still allocate; {@link Long#MAX_VALUE} if unlimited */
    static AvailableMemory ofThisMachine(LongSupplier left) {
        Pattern line = Pattern.compile("(?m)^MemAvailable: +(\\d{1,15}) kB$");
        return () -> {
            long available = Long.MAX_VALUE;
            try {
                Matcher matcher = line.matcher(Files.readString(Path.of("/proc/meminfo")));
                if (matcher.find()) {
                    available = Long.parseLong(matcher.group(1)) * 1024;
                }
            } catch (IOException e) {
                // not Linux, or hidden from this process
            }
            return Math.min(left.getAsLong(), available);
        };
    }
}
