package io.quern.jvm;

import io.quarkus.runtime.ImageMode;

/** The engine as a native executable, which has no JVM and no class files. */
public final class NativeExecutable {
    private NativeExecutable() {}

    /** Whether this process is one. */
    public static boolean isThisProcess() {
        return ImageMode.current() == ImageMode.NATIVE_RUN;
    }
}
