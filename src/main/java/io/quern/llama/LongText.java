package io.quern.llama;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a long text where a control token is written out in it, so that the parts have the same tokens as the whole.
 * llama.cpp searches the rest of a text again after each control token, so a text that consists of them would take time
 * with the square of its length: minutes for a megabyte.
 */
final class LongText {
    /** Shorter texts are not cut. */
    static final int PART_BYTES = 8 * 1024;

    /** The texts of control tokens by their first byte. */
    private final List<List<byte[]>> controls = new ArrayList<>();

    private int longest;

    LongText(List<byte[]> controlTexts) {
        for (int i = 0; i < 256; i++) {
            controls.add(new ArrayList<>(0));
        }
        for (byte[] text : controlTexts) {
            if (text.length > 0) {
                controls.get(text[0] & 0xff).add(text);
                longest = Math.max(longest, text.length);
            }
        }
    }

    /** Returns the ends of the parts; the last one is the length of the text. */
    List<Integer> cuts(byte[] text) {
        List<Integer> ends = new ArrayList<>();
        int start = 0;
        for (int at = PART_BYTES; at < text.length; at++) {
            if (at - start >= PART_BYTES && isCut(text, at)) {
                ends.add(at);
                start = at;
            }
        }
        ends.add(text.length);
        return ends;
    }

    /** Returns whether a control token begins here that no other one overlaps, and that strips no space before it. */
    private boolean isCut(byte[] text, int at) {
        return controlAt(text, at) > 0 && !isSpace(text[at - 1]) && !isInside(text, at);
    }

    private boolean isInside(byte[] text, int at) {
        for (int from = Math.max(0, at - longest + 1); from < at; from++) {
            if (from + controlAt(text, from) > at) {
                return true;
            }
        }
        return false;
    }

    /** Returns the length of the longest control token that begins here, or 0. */
    private int controlAt(byte[] text, int at) {
        int length = 0;
        for (byte[] control : controls.get(text[at] & 0xff)) {
            if (control.length > length && matches(text, at, control)) {
                length = control.length;
            }
        }
        return length;
    }

    private static boolean matches(byte[] text, int at, byte[] control) {
        if (at + control.length > text.length) {
            return false;
        }
        for (int i = 1; i < control.length; i++) {
            if (text[at + i] != control[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }
}
