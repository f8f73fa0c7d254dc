package io.quern.pool;

import java.util.function.Supplier;

/** Counts a worker's slots: how many are leased, and whether one lease keeps all others free. Thread-safe. */
final class SlotLedger {
    private final Supplier<Lease> leases;
    private final Runnable begun;
    private int slots;
    private int busy;

    /** The lease that must be the only one, or null. */
    private Lease alone;

    private boolean closed;

    /**
     * @param leases creates a lease for each claimed slot
     * @param begun called when the first slot is claimed, and must not block
     */
    SlotLedger(Supplier<Lease> leases, Runnable begun) {
        this.leases = leases;
        this.begun = begun;
    }

    /** The worker is ready and has this many slots. Before that, none is free. */
    synchronized void open(int number) {
        slots = number;
    }

    /** From now on, no slot is free. */
    synchronized void close() {
        closed = true;
    }

    synchronized int free() {
        return closed || alone != null || slots == 0 ? 0 : slots - busy;
    }

    synchronized int busy() {
        return busy;
    }

    synchronized boolean leasedAlone() {
        return alone != null;
    }

    /** Claims a slot, or returns null if none is free. */
    synchronized Lease lease() {
        if (free() <= 0) {
            return null;
        }
        busy++;
        if (busy == 1) {
            begun.run();
        }
        return leases.get();
    }

    /** Claims a slot and keeps all others free, or returns null if any slot is taken. */
    synchronized Lease leaseAlone() {
        Lease lease = busy == 0 ? lease() : null;
        alone = lease == null ? alone : lease;
        return lease;
    }

    /**
     * Lets other requests run beside this lease.
     *
     * @return whether that frees slots
     */
    synchronized boolean share(Lease lease) {
        if (alone != lease) {
            return false;
        }
        alone = null;
        return true;
    }

    synchronized void freed() {
        busy--;
        if (busy == 0) {
            alone = null;
        }
    }
}
