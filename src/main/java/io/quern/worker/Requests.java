package io.quern.worker;

import io.quern.wire.Rejected;
import java.util.HashMap;
import java.util.Map;

/**
 * The requests that hold a slot or are about to. Safe for use by several threads. A cancelled request gives its place up at
 * once: the step loop drops it before it takes the next one in.
 */
final class Requests {
    private final int slots;
    private final Map<Long, Request> active = new HashMap<>();

    Requests(int slots) {
        this.slots = slots;
    }

    /** Takes the request in and returns null, or says why not. */
    synchronized Rejected.Builder admit(Request request) {
        if (active.containsKey(request.id())) {
            return Rejected.newBuilder()
                    .setReason(Rejected.Reason.INVALID)
                    .setMessage("request " + Long.toUnsignedString(request.id()) + " is running already");
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

    synchronized void cancelAll() {
        active.values().forEach(Request::cancel);
        active.clear();
    }

    /** Whether there is one. */
    synchronized boolean any() {
        return !active.isEmpty();
    }

    /** The request has ended by itself. */
    synchronized void remove(Request request) {
        active.remove(request.id(), request);
    }
}
