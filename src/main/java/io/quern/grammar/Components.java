package io.quern.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** Finds the strongly connected components of a graph by Tarjan's algorithm, without recursion. */
final class Components {
    private final List<List<Integer>> edges = new ArrayList<>();
    private final int[] index;
    private final int[] low;
    private final int[] component;
    private final Deque<Integer> open = new ArrayDeque<>();
    private int indexes;
    private int components;

    Components(List<Set<Integer>> graph) {
        graph.forEach(targets -> edges.add(List.copyOf(targets)));
        index = new int[graph.size()];
        low = new int[graph.size()];
        component = new int[graph.size()];
        java.util.Arrays.fill(component, -1);
    }

    /** Returns the component of each node. Edges lead to the same component or one with a lower number. */
    int[] find() {
        for (int node = 0; node < index.length; node++) {
            if (index[node] == 0) {
                visit(node);
            }
        }
        return component;
    }

    private void visit(int start) {
        Deque<int[]> path = new ArrayDeque<>();
        enter(start, path);
        while (!path.isEmpty()) {
            int[] top = path.peek();
            int node = top[0];
            if (top[1] < edges.get(node).size()) {
                int target = edges.get(node).get(top[1]++);
                if (index[target] == 0) {
                    enter(target, path);
                } else if (component[target] < 0) {
                    low[node] = Math.min(low[node], index[target]);
                }
            } else {
                path.pop();
                if (low[node] == index[node]) {
                    close(node);
                }
                if (!path.isEmpty()) {
                    int parent = path.peek()[0];
                    low[parent] = Math.min(low[parent], low[node]);
                }
            }
        }
    }

    private void enter(int node, Deque<int[]> path) {
        index[node] = ++indexes;
        low[node] = indexes;
        open.push(node);
        path.push(new int[] {node, 0});
    }

    private void close(int node) {
        int member;
        do {
            member = open.pop();
            component[member] = components;
        } while (member != node);
        components++;
    }
}
