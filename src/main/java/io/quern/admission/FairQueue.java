package io.quern.admission;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * A queue that is bounded in requests and in tokens. Clients take turns with one request each; the requests of one
 * client are served in order of arrival. When the queue is full, the client that holds most loses its newest requests
 * to a client that holds less.
 *
 * <p>Adding, taking and removing a request costs the logarithm of the number of waiting clients. Not thread-safe.
 *
 * @param <T> what waits; each element equals only itself
 */
final class FairQueue<T> {
    private static final class Client<T> {
        final String name;
        final long serial;
        /** The waiting elements and their tokens, oldest first. */
        final SequencedMap<T, Long> waiting = new LinkedHashMap<>();

        long tokens;

        Client(String name, long serial) {
            this.name = name;
            this.serial = serial;
        }

        long requests() {
            return waiting.size();
        }

        long tokens() {
            return tokens;
        }
    }

    private final int maxRequests;
    private final long maxTokens;
    private final SequencedMap<String, Client<T>> turns = new LinkedHashMap<>();
    private final Map<T, Client<T>> homes = new HashMap<>();
    private final TreeSet<Client<T>> byRequests = ordered(Client::requests);
    private final TreeSet<Client<T>> byTokens = ordered(Client::tokens);
    private long tokens;
    private long serials;

    /**
     * @param maxTokens the tokens of all waiting elements together, which a single element may exceed; 0 for no bound
     */
    FairQueue(int maxRequests, long maxTokens) {
        this.maxRequests = maxRequests;
        this.maxTokens = maxTokens;
    }

    /**
     * Adds an element if there is room or another client has to make room.
     *
     * @return the elements that were removed for it; empty if it was not added
     */
    Optional<List<T>> offer(String client, T item, long itemTokens) {
        Client<T> own = turns.getOrDefault(client, new Client<>(client, -1));
        Optional<List<T>> leaving = Optional.of(List.of());
        if (maxTokens > 0 && !isEmpty() && tokens + itemTokens > maxTokens) {
            long tooMany = tokens + itemTokens - maxTokens;
            leaving = givingWay(byTokens, Client::tokens, Map.Entry::getValue, own, itemTokens, tooMany);
        } else if (size() >= maxRequests) {
            leaving = givingWay(byRequests, Client::requests, entry -> 1, own, 1, 1);
        }
        leaving.ifPresent(others -> {
            others.forEach(this::remove);
            add(client, item, itemTokens);
        });
        return leaving;
    }

    /** Adds an element, whatever the bounds are. */
    void add(String client, T item, long itemTokens) {
        Client<T> own = turns.computeIfAbsent(client, name -> new Client<>(name, serials++));
        resize(own, () -> own.waiting.putLast(item, itemTokens), itemTokens);
        homes.put(item, own);
    }

    /** Returns the element whose turn it is, or null if none waits. */
    T peek() {
        return turns.isEmpty()
                ? null
                : turns.firstEntry().getValue().waiting.firstEntry().getKey();
    }

    /** Removes and returns the element whose turn it is, or null if none waits. */
    T poll() {
        if (turns.isEmpty()) {
            return null;
        }
        Client<T> next = turns.firstEntry().getValue();
        T item = next.waiting.firstEntry().getKey();
        remove(item);
        if (!next.waiting.isEmpty()) {
            turns.putLast(next.name, next);
        }
        return item;
    }

    /**
     * Removes an element.
     *
     * @return whether it was in the queue
     */
    boolean remove(T item) {
        Client<T> home = homes.remove(item);
        if (home == null) {
            return false;
        }
        resize(home, () -> home.waiting.remove(item), -home.waiting.get(item));
        if (home.waiting.isEmpty()) {
            turns.remove(home.name);
        }
        return true;
    }

    boolean contains(T item) {
        return homes.containsKey(item);
    }

    boolean isEmpty() {
        return homes.isEmpty();
    }

    int size() {
        return homes.size();
    }

    /** Returns all waiting elements in the order in which they would be served if none came or left. */
    List<T> inTurn() {
        List<T> all = new ArrayList<>(size());
        List<Iterator<T>> round = new ArrayList<>();
        turns.values().forEach(client -> round.add(client.waiting.keySet().iterator()));
        while (!round.isEmpty()) {
            round.forEach(client -> all.add(client.next()));
            round.removeIf(client -> !client.hasNext());
        }
        return all;
    }

    /**
     * Returns the newest elements of the client that holds most, if it still holds at least as much without them as
     * the new element's client would.
     */
    private Optional<List<T>> givingWay(
            TreeSet<Client<T>> order,
            ToLongFunction<Client<T>> held,
            ToLongFunction<Map.Entry<T, Long>> weight,
            Client<T> own,
            long added,
            long tooMany) {
        if (order.isEmpty() || order.last() == own) {
            return Optional.empty();
        }
        List<T> leaving = new ArrayList<>();
        Client<T> most = order.last();
        long spare = held.applyAsLong(most) - held.applyAsLong(own) - added;
        long freed = 0;
        for (Map.Entry<T, Long> newest : most.waiting.reversed().entrySet()) {
            freed += weight.applyAsLong(newest);
            leaving.add(newest.getKey());
            if (freed > spare) {
                return Optional.empty();
            }
            if (freed >= tooMany) {
                return Optional.of(leaving);
            }
        }
        return Optional.empty();
    }

    /** Changes a client outside the sorted sets, because the order of an element in a set must not change. */
    private void resize(Client<T> client, Runnable change, long more) {
        byRequests.remove(client);
        byTokens.remove(client);
        change.run();
        client.tokens += more;
        tokens += more;
        if (!client.waiting.isEmpty()) {
            byRequests.add(client);
            byTokens.add(client);
        }
    }

    private static <T> TreeSet<Client<T>> ordered(ToLongFunction<Client<T>> by) {
        return new TreeSet<>(Comparator.comparingLong(by).thenComparingLong(client -> client.serial));
    }
}
