package io.quern.sandbox;

import io.quern.home.QuernHome;
import java.nio.file.Path;
import java.util.List;

/**
 * The files that a worker's JVM reads.
 *
 * @param java the folder of its Java installation
 * @param classPath jars and folders of classes
 * @param libraries the folder with llama.cpp's libraries
 * @param model the GGUF file; the first part of a split one
 * @param home the home, which contains AOT caches
 */
public record NeededFiles(Path java, List<Path> classPath, Path libraries, Path model, QuernHome home) {}
