package io.quern.model;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/** Recognises other file formats by their first bytes, for the error message when a path names the wrong file. */
final class FileKind {
    /** Enough for every signature that is checked. */
    static final int LOOK_AT_BYTES = 64;

    private static final int SHOWN_BYTES = 8;

    private FileKind() {}

    /** @param start the file's first bytes, which are not those of a GGUF file */
    static String describe(byte[] start) {
        String latin = new String(start, StandardCharsets.ISO_8859_1);
        String text = latin.stripLeading().toLowerCase(Locale.ROOT);
        if (latin.startsWith("\u0089PNG")) {
            return "a PNG image";
        } else if (latin.startsWith("\u00ff\u00d8\u00ff")) {
            return "a JPEG image";
        } else if (latin.startsWith("PK\u0003\u0004")) {
            return "a ZIP archive (such as a PyTorch checkpoint or a wheel)";
        } else if (latin.startsWith("\u001f\u008b")) {
            return "a gzip archive";
        } else if (latin.startsWith("%PDF")) {
            return "a PDF document";
        } else if (latin.startsWith("\u007fELF")) {
            return "an ELF program or library";
        } else if (latin.startsWith("FUGG")) {
            return "a GGUF file with swapped bytes";
        } else if (latin.startsWith("lmgg") || latin.startsWith("tjgg") || latin.startsWith("fmgg")) {
            return "a model in a format that llama.cpp used before GGUF";
        } else if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
            return "an HTML page (the download probably got a login or error page)";
        } else if (text.startsWith("version https://git-lfs")) {
            return "a Git LFS pointer, not the file itself (run: git lfs pull)";
        } else if (latin.length() > 9 && latin.startsWith("{\"", 8)) {
            return "a safetensors file";
        } else if (text.startsWith("{") || text.startsWith("[")) {
            return "JSON text";
        }
        byte[] shown = latin.substring(0, Math.min(SHOWN_BYTES, latin.length())).getBytes(StandardCharsets.ISO_8859_1);
        return "a file that begins with the bytes " + HexFormat.ofDelimiter(" ").formatHex(shown);
    }
}
