package io.quern.worker;

import io.quern.wire.Rejected;
import java.util.HashMap;
import java.util.Map;

/**
 * The requests that occupy a slot or will do so. Thread-safe. A cancelled request frees its place at once, since the
 * step loop drops it before it admits the next one.
 */
final class Requests {
    private int slots;
    private final Map<Long, Request> active = new HashMap<>();

    Requests(int slots) {
        this.slots = slots;
    }

    /** Lowers the number of slots. */
    synchronized void lower(int fewer) {
        slots = fewer;
    }

    /** Admits the request and returns null, or returns the reason against it. */
    synchronized Rejected.Builder admit(Request request) {
        if (active.containsKey(request.id())) {
            return Rejected.newBuilder()
                    .setReason(Rejected.Reason.INVALID)
                    .setMessage("request " + Long.toUnsignedString(request.id()) + " is already running");
        }
        if (active.size() >= slots) {
            return Rejected.newBuilder()
                    .setReason(Rejected.Reason.NO_SLOT)
                    .setMessage("all " + slots + " slots are taken");
        }
        active.put(request.id(), request);
        return null;
    }

    synchronized void cancel(long id) {
        Request request = active.remove(id);
        if (request != null) {
            request.cancel();
        }
    }

    /** Asks a request to leave for another worker with a state of at most so many bytes. */
    synchronized void leave(long id, long bytes) {
        Request request = active.get(id);
        // one that has ended meanwhile needs no answer
        if (request != null) {
            request.leave(bytes);
        }
    }

    synchronized void cancelAll() {
        active.values().forEach(Request::cancel);
        active.clear();
    }

    /** Returns whether there is a request. */
    synchronized boolean any() {
        return !active.isEmpty();
    }

    /** Removes a request that has finished. */
    synchronized void remove(Request request) {
        active.remove(request.id(), request);
    }
}
