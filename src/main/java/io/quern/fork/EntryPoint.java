package io.quern.fork;

import io.quern.threads.EngineThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleConsumer;

/**
 * The launcher that has started this engine and is its parent. The engine cannot kill it. If it does not answer in
 * time, the engine stops using it and watches the forked workers itself.
 */
public final class EntryPoint extends LauncherProcess {
    private final ReadableByteChannel from;

    private EntryPoint(ReadableByteChannel from, Path folder, Patience patience, DoubleConsumer progress)
            throws IOException {
        // it cannot be replaced, so if somebody has stopped it, it gets as long as any other to continue
        super(
                folder,
                new Patience(patience.answer(), patience.progress(), Duration.ZERO),
                true,
                progress,
                new AtomicReference<>());
        this.from = from;
    }

    /**
     * Connects to it and makes it load everything.
     *
     * @param folder a private folder for a socket
     * @param what what to load
     * @param patience longest time without an answer
     * @param progress receives the loaded share (0 to 1) on a thread of this object
     * @throws IOException if the connection fails or the socket cannot be created
     */
    public static EntryPoint connect(
            EntryPointLink link, Path folder, Preload what, Patience patience, DoubleConsumer progress)
            throws IOException {
        ReadableByteChannel from = link.openToRead();
        EntryPoint launcher;
        try {
            launcher = new EntryPoint(from, folder, patience, progress);
        } catch (IOException e) {
            close(from);
            throw e;
        }
        try {
            launcher.writer.open(link.openToWrite());
        } catch (IOException e) {
            launcher.end();
            launcher.lost("its pipe failed: " + e.getMessage());
            throw e;
        }
        launcher.runsAs(link.pid());
        EngineThreads.daemon("quern-launcher-read").start(() -> launcher.read(what));
        launcher.watch();
        return launcher;
    }

    private void read(Preload what) {
        try (from) {
            converse(from, what);
            lost("it closed its connection");
        } catch (IOException | UncheckedIOException e) {
            lost("its connection failed: " + e.getMessage());
        }
    }

    @Override
    void end() {
        close(from);
    }

    @Override
    void hangs(boolean first, Duration silent) {
        IOException why = new IOException("the launcher hangs: " + hanging());
        preloaded.completeExceptionally(why);
        children.refuseLaunches(why);
        children.lookAndEnd();
    }

    @Override
    String remedy() {
        return "The engine spawns workers from now on; forked workers continue.";
    }
}
