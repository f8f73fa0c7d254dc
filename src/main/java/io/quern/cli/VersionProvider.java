package io.quern.cli;

import picocli.CommandLine.IVersionProvider;

/** Provides the line that {@code --version} prints. */
final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"quern " + BuildInfo.ofThisApplication().quern()};
    }
}
