package io.quern.store;

import java.time.Duration;

/** What happens while a model is pulled, in the order in which it happens. */
public sealed interface PullEvent {

    /** The hub is asked which files there are. */
    record Resolving(ModelReference.Remote reference) implements PullEvent {}

    /**
     * It is known what will be downloaded.
     *
     * @param reference names exactly this model
     * @param reason why this quantisation, as a sentence; empty if the reference named it
     * @param files number of files
     * @param bytes size of all files together, or 0 if the server does not say
     */
    record Chosen(ModelReference.Remote reference, String reason, int files, long bytes) implements PullEvent {}

    /** Another process downloads the same files; this one waits for it. Repeated about once a second. */
    record Waiting(Duration since) implements PullEvent {}

    /**
     * Bytes have arrived. Repeated a few times a second.
     *
     * @param done bytes of all files that are on the disk, those of earlier attempts included
     * @param fetched bytes that this process has received; its growth is the rate of the download
     * @param total bytes of all files, or 0 if unknown
     */
    record Downloading(long done, long fetched, long total) implements PullEvent {}

    /** The content is read once more to compute its checksum. Repeated a few times a second. */
    record Verifying(long done, long total) implements PullEvent {}

    /**
     * An attempt failed and is repeated after a delay.
     *
     * @param problem as a sentence
     */
    record Retrying(String problem, Duration delay) implements PullEvent {}

    /**
     * Something that the user should know, as a sentence or two.
     *
     * @param warning whether it may have consequences
     */
    record Notice(String text, boolean warning) implements PullEvent {}
}
