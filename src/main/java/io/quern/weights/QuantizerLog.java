package io.quern.weights;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the log of llama.cpp's quantiser, which says for each tensor what it does and then how large it was and is. For
 * one thread at a time.
 */
final class QuantizerLog {
    private static final Pattern TENSOR = Pattern.compile("\\[ *(\\d+)/ *(\\d+)\\] .*, type = *(\\w+),");
    private static final Pattern CONVERTING = Pattern.compile("converting to (\\w+) \\.\\.");
    private static final Pattern SIZE =
            Pattern.compile("size = *(\\d+\\.\\d+) MiB(?: -> *(\\d+\\.\\d+) MiB(?: \\((\\w+)\\))?)?");
    private static final double MIB = 1 << 20;

    private final Listener listener;
    private final Map<String, Integer> types = new TreeMap<>();
    private int tensor;
    private int tensors;
    private String type = "";
    private double sourceBytes;
    private double resultBytes;

    /** Receives how far the quantiser is. */
    @FunctionalInterface
    interface Listener {
        /**
         * @param tensor the number of the tensor that is complete, from 1
         * @param tensors how many there are
         * @param bytes of all tensors that are complete, as they were in the source
         */
        void complete(int tensor, int tensors, long bytes);
    }

    QuantizerLog(Listener listener) {
        this.listener = listener;
    }

    synchronized void line(String line) {
        Matcher begins = TENSOR.matcher(line);
        if (begins.lookingAt()) {
            tensor = number(begins.group(1));
            tensors = number(begins.group(2));
            type = begins.group(3);
            // a copied tensor has its size on the same line, if llama.cpp does not end it
            line(line.substring(begins.end()).strip());
            return;
        }
        Matcher converts = CONVERTING.matcher(line);
        if (converts.find()) {
            type = converts.group(1);
            line(line.substring(converts.end()).strip());
            return;
        }
        Matcher size = SIZE.matcher(line);
        if (size.lookingAt() && tensor > 0) {
            double before = Double.parseDouble(size.group(1));
            sourceBytes += before * MIB;
            resultBytes += (size.group(2) == null ? before : Double.parseDouble(size.group(2))) * MIB;
            types.merge(size.group(3) == null ? type : size.group(3), 1, Integer::sum);
            listener.complete(tensor, tensors, (long) sourceBytes);
        }
    }

    /** Returns how many tensors of the result have each type. */
    synchronized Map<String, Integer> types() {
        return Map.copyOf(types);
    }

    synchronized int tensors() {
        return tensors;
    }

    /** Returns the bytes of all tensors of the source, to a few KiB. */
    synchronized long sourceBytes() {
        return (long) sourceBytes;
    }

    /** Returns the bytes of all tensors of the result, to a few KiB. */
    synchronized long resultBytes() {
        return (long) resultBytes;
    }

    private static int number(String digits) {
        try {
            return Integer.parseInt(digits);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
