package io.quern.worker;

import io.quern.wire.Generate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds requests that are choices of one answer. They have the same prompt, so one of them computes it, and the others
 * wait and copy the result. Which one computes is decided before each piece: the first of those that are here. So
 * nobody waits for a request that was cancelled, that failed, or that another worker runs. Pure.
 */
final class Siblings {
    private Siblings() {}

    /** Returns the slots whose prompts are computed now: all but those that wait for a sibling before them. */
    static List<Slot> computing(List<Slot> waiting) {
        if (waiting.stream().noneMatch(slot -> hasFamily(slot.sequence()))) {
            return waiting;
        }
        List<Slot> computing = new ArrayList<>(waiting.size());
        for (Slot slot : waiting) {
            if (computing.stream().noneMatch(earlier -> are(earlier.sequence(), slot.sequence()))) {
                computing.add(slot);
            }
        }
        return computing;
    }

    /** Returns the slots that wait for the prompt of this one. */
    static List<Slot> waitingFor(Slot first, List<Slot> waiting) {
        return hasFamily(first.sequence())
                ? waiting.stream()
                        .filter(slot -> slot != first && are(first.sequence(), slot.sequence()))
                        .toList()
                : List.of();
    }

    /** Returns a slot that still contains the whole prompt of a sequence because a sibling has computed it. */
    static Optional<Slot> withPromptOf(Sequence late, List<Slot> live) {
        return hasFamily(late)
                ? live.stream()
                        .filter(slot -> slot.sequence().finish() == null && are(slot.sequence(), late))
                        .findFirst()
                : Optional.empty();
    }

    private static boolean are(Sequence one, Sequence other) {
        return hasFamily(one)
                && hasFamily(other)
                && one.request()
                        .generate()
                        .getFamily()
                        .getId()
                        .equals(other.request().generate().getFamily().getId())
                && Arrays.equals(one.prompt(), other.prompt());
    }

    /** Probabilities of the prompt's tokens are reported while it is computed, so a copy has none. */
    private static boolean hasFamily(Sequence sequence) {
        Generate generate = sequence.request().generate();
        return generate.hasFamily() && !generate.hasPromptLogprobs();
    }
}
