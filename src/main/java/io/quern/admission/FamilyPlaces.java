package io.quern.admission;

import io.quern.generation.Family;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Remembers on which worker the choices of an answer run, because the others find their computed prompt there. Not
 * thread-safe.
 */
final class FamilyPlaces {
    private static final int NOWHERE = -1;

    private final Map<String, Place> places = new HashMap<>();

    private static final class Place {
        private final Set<ActiveGeneration> members = new HashSet<>();
        private int worker = NOWHERE;
    }

    /** A request waits. */
    void waits(ActiveGeneration generation) {
        Family family = generation.family();
        if (family != null) {
            places.computeIfAbsent(family.id(), id -> new Place()).members.add(generation);
        }
    }

    /** A request has got a slot of this worker. */
    void begins(ActiveGeneration generation, int worker) {
        Family family = generation.family();
        Place place = family == null ? null : places.get(family.id());
        if (place != null) {
            place.worker = worker;
        }
    }

    /** A request is over. */
    void ends(ActiveGeneration generation) {
        Family family = generation.family();
        Place place = family == null ? null : places.get(family.id());
        if (place != null && place.members.remove(generation) && place.members.isEmpty()) {
            places.remove(family.id());
        }
    }

    /** Returns the worker that got the last request of the same family, or empty. */
    OptionalInt of(ActiveGeneration generation) {
        Family family = generation.family();
        Place place = family == null ? null : places.get(family.id());
        return place == null || place.worker == NOWHERE ? OptionalInt.empty() : OptionalInt.of(place.worker);
    }
}
