package io.quern.cli;

import io.quern.boot.StandAlone;
import jakarta.inject.Singleton;

/** Marks Quern's own application. */
@Singleton
final class OwnApplication implements StandAlone {}
