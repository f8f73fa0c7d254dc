package io.quern.cli;

import picocli.CommandLine.IVersionProvider;

/** The version, as the jar's manifest has it. */
final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Quern.class.getPackage().getImplementationVersion();
        return new String[] {"quern " + (version == null ? "(not packaged)" : version)};
    }
}
