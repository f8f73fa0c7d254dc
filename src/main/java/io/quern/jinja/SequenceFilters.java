package io.quern.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** jinja2's filters for lists and dictionaries. */
final class SequenceFilters {
    private SequenceFilters() {}

    /** Returns the filters by signature. */
    static Map<String, Filter.Plain> all() {
        Map<String, Filter.Plain> all = new HashMap<>();
        all.put("length:", (v, a, b) -> Values.length(v, b));
        all.put("count:", (v, a, b) -> Values.length(v, b));
        all.put("list:", (v, a, b) -> Values.list(v, b));
        all.put("first:", (v, a, b) -> {
            Iterator<Object> elements = Values.iterator(v, b);
            return elements.hasNext() ? elements.next() : Undefined.of("there is no first element");
        });
        all.put("last:", SequenceFilters::last);
        all.put("reverse:", SequenceFilters::reverse);
        all.put("join: [d], [attribute]", SequenceFilters::join);
        all.put("sum: [attribute], [start]", SequenceFilters::sum);
        all.put("min: [case_sensitive], [attribute]", (v, a, b) -> extreme(v, a, -1, b));
        all.put("max: [case_sensitive], [attribute]", (v, a, b) -> extreme(v, a, 1, b));
        all.put("sort: [reverse], [case_sensitive], [attribute]", SequenceFilters::sort);
        all.put("dictsort: [case_sensitive], [by], [reverse]", SequenceFilters::sortDict);
        all.put("groupby: attribute, [default], [case_sensitive]", SequenceFilters::group);
        all.put("items:", SequenceFilters::items);
        all.put("batch: linecount, [fill_with]", SequenceFilters::batch);
        all.put("slice: slices, [fill_with]", SequenceFilters::slices);
        return all;
    }

    static boolean is(Object flag) {
        return flag != null && Values.truth(flag);
    }

    private static Object last(Object value, @Nullable Object[] given, Budget budget) {
        if (value instanceof Generator generator) {
            throw new TemplateError(generator.what() + " cannot be read from its end");
        }
        List<Object> all = Values.list(value, budget);
        return all.isEmpty() ? Undefined.of("there is no last element") : all.getLast();
    }

    private static Object reverse(Object value, @Nullable Object[] given, Budget budget) {
        if (Values.isText(value)) {
            return Access.slice(value, null, null, -1L, budget);
        }
        List<Object> all = Values.list(value, budget);
        Collections.reverse(all);
        return value instanceof Generator ? all : new Generator("the result of reverse", all.iterator());
    }

    private static Object join(Object value, @Nullable Object[] given, Budget budget) {
        String separator = given[0] == null ? "" : Text.of(given[0], budget);
        Selector selector = Selector.of(given[1], null, false);
        Output out = new Output(budget);
        boolean first = true;
        for (Iterator<Object> elements = Values.iterator(value, budget); elements.hasNext(); ) {
            String text = Text.of(selector.of(elements.next(), budget), budget);
            out.append(first ? "" : separator);
            out.append(text);
            first = false;
        }
        return out.text();
    }

    private static Object sum(Object value, @Nullable Object[] given, Budget budget) {
        Selector selector = Selector.of(given[0], null, false);
        Object sum = given[1] == null ? (Object) 0L : given[1];
        if (Values.isText(sum)) {
            throw new TemplateError("strings cannot be summed");
        }
        for (Iterator<Object> elements = Values.iterator(value, budget); elements.hasNext(); ) {
            sum = Operators.add(sum, selector.of(elements.next(), budget), budget);
        }
        return sum;
    }

    private static Object extreme(Object value, @Nullable Object[] given, int sign, Budget budget) {
        Selector selector = Selector.of(given[1], null, !is(given[0]));
        Object extreme = null;
        Object key = null;
        for (Iterator<Object> elements = Values.iterator(value, budget); elements.hasNext(); ) {
            Object element = elements.next();
            Object its = selector.of(element, budget);
            boolean further = key != null && (sign < 0 ? Comparison.LESS : Comparison.GREATER).holds(its, key, budget);
            if (key == null || further) {
                extreme = element;
                key = its;
            }
        }
        return extreme == null ? Undefined.of("there is no element to choose") : extreme;
    }

    private record Keyed(Object element, List<Object> keys) {}

    private static List<Object> sorted(
            Object value, List<Selector> selectors, boolean reverse, Comparator<Keyed> order, Budget budget) {
        List<Keyed> keyed = new ArrayList<>();
        for (Iterator<Object> elements = Values.iterator(value, budget); elements.hasNext(); ) {
            Object element = elements.next();
            budget.elements(2L + selectors.size());
            keyed.add(new Keyed(
                    element,
                    selectors.stream()
                            .map(selector -> selector.of(element, budget))
                            .toList()));
        }
        try {
            keyed.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException e) {
            throw TemplateError.unsupported("sorting values that have no order");
        }
        List<Object> elements = new ArrayList<>(keyed.size());
        keyed.forEach(one -> elements.add(one.element));
        return elements;
    }

    /** Compares by the only key, which must have an order even if two keys are equal. */
    private static Comparator<Keyed> byKey(Budget budget) {
        return (x, y) -> Values.compare(x.keys.getFirst(), y.keys.getFirst(), budget);
    }

    /** Compares as lists do: by the first keys that are not equal. */
    private static Comparator<Keyed> byAll(Budget budget) {
        return (x, y) -> compareAll(x.keys, y.keys, budget);
    }

    private static int compareAll(List<Object> x, List<Object> y, Budget budget) {
        for (int i = 0; i < x.size(); i++) {
            int order = Values.equal(x.get(i), y.get(i), budget) ? 0 : Values.compare(x.get(i), y.get(i), budget);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static Object sort(Object value, @Nullable Object[] given, Budget budget) {
        boolean ignoreCase = !is(given[1]);
        List<Selector> selectors = new ArrayList<>();
        if (given[2] instanceof String names) {
            for (String name : names.split(",", -1)) {
                selectors.add(Selector.of(name, null, ignoreCase));
            }
        } else if (given[2] instanceof List<?> several) {
            several.forEach(name -> selectors.add(Selector.of(name, null, ignoreCase)));
        } else {
            selectors.add(Selector.of(given[2], null, ignoreCase));
        }
        return sorted(value, selectors, is(given[0]), byAll(budget), budget);
    }

    private static Object sortDict(Object value, @Nullable Object[] given, Budget budget) {
        if (!(Undefined.required(value) instanceof Dict dict)) {
            throw new TemplateError("expected a dict, got " + Values.typeName(value));
        }
        Object by = given[1] == null ? "key" : given[1];
        if (!by.equals("key") && !by.equals("value")) {
            throw new TemplateError("dictsort sorts by 'key' or 'value'");
        }
        Selector selector = Selector.of(by.equals("key") ? 0L : 1L, null, !is(given[0]));
        return sorted(dict.items(), List.of(selector), is(given[2]), byKey(budget), budget);
    }

    private static Object group(Object value, @Nullable Object[] given, Budget budget) {
        Selector selector = Selector.of(given[0], given[1], !is(given[2]));
        Selector shown = Selector.of(given[0], given[1], false);
        List<Object> groups = new ArrayList<>();
        List<Object> group = new ArrayList<>();
        Object key = null;
        for (Object element : sorted(value, List.of(selector), false, byKey(budget), budget)) {
            Object its = selector.of(element, budget);
            if (key == null || !Values.equal(key, its, budget)) {
                group = new ArrayList<>();
                budget.elements(3);
                groups.add(new Group(shown.of(element, budget), group));
                key = its;
            }
            budget.elements(1);
            group.add(element);
        }
        return groups;
    }

    private static Object items(Object value, @Nullable Object[] given, Budget budget) {
        if (value instanceof Undefined) {
            return new Generator("the result of items", List.<Object>of().iterator());
        }
        if (!(value instanceof Dict dict)) {
            throw new TemplateError("items expects a dict, got " + Values.typeName(value));
        }
        budget.elements(3L * dict.size());
        return new Generator("the result of items", dict.items().iterator());
    }

    private static Object batch(Object value, @Nullable Object[] given, Budget budget) {
        Iterator<Object> elements = Values.iterator(value, budget);
        long size = Numbers.isNumber(given[0]) ? (long) Math.ceil(Numbers.real(given[0])) : Numbers.whole(given[0]);
        boolean whole = Numbers.isWhole(given[0]) || Numbers.real(given[0]) == size;
        return new Generator("the result of batch", new Iterator<>() {
            @Override
            public boolean hasNext() {
                return elements.hasNext();
            }

            @Override
            public Object next() {
                List<Object> batch = new ArrayList<>();
                do {
                    budget.elements(1);
                    batch.add(elements.next());
                } while (elements.hasNext() && !(whole && batch.size() == size));
                if (given[1] != null && given[1] != None.NONE && batch.size() < size) {
                    budget.elements(size - batch.size());
                    batch.addAll(Collections.nCopies((int) (size - batch.size()), given[1]));
                }
                return batch;
            }
        });
    }

    private static Object slices(Object value, @Nullable Object[] given, Budget budget) {
        List<Object> all = Values.list(value, budget);
        long count = Numbers.whole(given[0]);
        if (count == 0) {
            throw new TemplateError("cannot divide into 0 slices");
        }
        if (count > 0) {
            budget.elements(2 * count);
        }
        int size = (int) (all.size() / Math.max(1, count));
        int longer = (int) (all.size() % Math.max(1, count));
        List<Object> slices = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + size + (i < longer ? 1 : 0);
            List<Object> slice = new ArrayList<>(all.subList(from, to));
            if (given[1] != null && given[1] != None.NONE && i >= longer) {
                slice.add(given[1]);
            }
            slices.add(slice);
            from = to;
        }
        return new Generator("the result of slice", slices.iterator());
    }
}
