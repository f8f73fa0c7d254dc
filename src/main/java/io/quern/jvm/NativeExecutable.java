package io.quern.jvm;

import io.quarkus.runtime.ImageMode;

/** Reports whether the engine is a native executable, which has no JVM and no class files. */
public final class NativeExecutable {
    private NativeExecutable() {}

    /** Returns whether this process is a native executable. */
    public static boolean isThisProcess() {
        return ImageMode.current() == ImageMode.NATIVE_RUN;
    }
}
