package io.quern.launch;

import io.quern.home.QuernHome;
import io.quern.jvm.WorkerRuntime;
import io.quern.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that workers need on this machine.
 *
 * @param home the home, which holds AOT caches and crash reports
 * @param libraries the folder with llama.cpp's libraries
 * @param runtime the Java that workers run on
 * @param launcher the launcher, if this build has one
 * @param sandbox the restrictions of workers
 */
public record Installation(
        QuernHome home, Path libraries, WorkerRuntime runtime, Optional<Path> launcher, Sandbox sandbox) {}
