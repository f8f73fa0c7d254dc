package io.quern.launch;

import io.quern.home.QuernHome;
import io.quern.jvm.WorkerRuntime;
import io.quern.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What workers are started with on this machine, all of it found.
 *
 * @param home below which AOT caches and traces of crashes are kept
 * @param libraries the folder with llama.cpp's
 * @param runtime what workers run on
 * @param launcher the launcher, if this build has one
 * @param sandbox what they are kept from
 */
public record Installation(
        QuernHome home, Path libraries, WorkerRuntime runtime, Optional<Path> launcher, Sandbox sandbox) {}
