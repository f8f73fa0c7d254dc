package io.quern.admission;

import io.quern.generation.Family;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Remembers on which worker the choices of an answer run, because the others find their computed prompt there. Not
 * thread-safe.
 */
final class FamilyPlaces {
    private static final int NOWHERE = -1;

    private final Map<String, Place> places = new HashMap<>();

    private static final class Place {
        private final String family;
        private final Set<ActiveGeneration> members = new HashSet<>();
        private int worker = NOWHERE;

        Place(String family) {
            this.family = family;
        }
    }

    /** A request waits. */
    void waits(ActiveGeneration generation) {
        Family family = generation.family();
        if (family != null) {
            places.computeIfAbsent(family.id(), Place::new).members.add(generation);
        }
    }

    /** A request has got a slot of this worker. */
    void begins(ActiveGeneration generation, int worker) {
        Place place = place(generation);
        if (place != null) {
            place.worker = worker;
        }
    }

    /** A request is over. */
    void ends(ActiveGeneration generation) {
        Place place = place(generation);
        if (place != null && place.members.remove(generation) && place.members.isEmpty()) {
            places.remove(place.family);
        }
    }

    /** Returns the worker that got the last request of the same family, or empty. */
    OptionalInt of(ActiveGeneration generation) {
        Place place = place(generation);
        return place == null || place.worker == NOWHERE ? OptionalInt.empty() : OptionalInt.of(place.worker);
    }

    private @Nullable Place place(ActiveGeneration generation) {
        Family family = generation.family();
        return family == null ? null : places.get(family.id());
    }
}
