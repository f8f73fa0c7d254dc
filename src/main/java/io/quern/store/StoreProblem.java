package io.quern.store;

/** What kind of problem a {@link StoreException} reports, so that programs can tell them apart. */
public enum StoreProblem {
    /** The text cannot be a reference to a model. */
    INVALID_REFERENCE,
    /** The model is not in the store, and nothing was downloaded. */
    NOT_PULLED,
    /** The hub or the server has no such repository, revision, quantisation or file. */
    NOT_FOUND,
    /** The hub or the server refuses access: no token, or one without the right. */
    UNAUTHORIZED,
    /** The owner of the repository has to grant access first. */
    GATED,
    /** A download is needed, but Quern is configured to stay offline. */
    OFFLINE,
    /** The server cannot be reached, or the connection broke too often. */
    UNREACHABLE,
    /** The server asked to wait longer than Quern does. */
    RATE_LIMITED,
    /** The server answered with an error, or with something that is not HTTP as the hub speaks it. */
    SERVER_ERROR,
    /** The file on the server changed during the download, more than once. */
    CHANGED,
    /** The content does not have the expected checksum. */
    CHECKSUM_MISMATCH,
    /** The file is no model in GGUF format. */
    NOT_A_MODEL,
    /** No quantisation of the model fits into the memory of this machine. */
    TOO_LARGE,
    /** The disk is full, or does not have enough space for the model. */
    DISK_FULL,
    /** The model cannot be removed because a process uses it. */
    IN_USE,
    /** Another process downloads the model and did not finish in time. */
    BUSY,
    /** A newer version of Quern has written the store. */
    NEWER_STORE,
    /** The folder of the store cannot be read or written. */
    STORE_UNUSABLE
}
