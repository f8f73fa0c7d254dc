package io.quern.cli;

import picocli.CommandLine.IVersionProvider;

/** The version, as the jar's manifest has it. */
final class VersionProvider implements IVersionProvider {
    /** Looked at while a native executable is built: it has no manifest. */
    private static final String VERSION = Quern.class.getPackage().getImplementationVersion();

    @Override
    public String[] getVersion() {
        return new String[] {"quern " + (VERSION == null ? "(not packaged)" : VERSION)};
    }
}
