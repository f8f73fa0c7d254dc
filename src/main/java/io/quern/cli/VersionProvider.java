package io.quern.cli;

import picocli.CommandLine.IVersionProvider;

/** Provides the version from the jar's manifest. */
final class VersionProvider implements IVersionProvider {
    /** Read at build time of a native executable, which has no manifest. */
    private static final String VERSION = Quern.class.getPackage().getImplementationVersion();

    @Override
    public String[] getVersion() {
        return new String[] {"quern " + (VERSION == null ? "(not packaged)" : VERSION)};
    }
}
