package io.quern.model.jinja;

import java.util.AbstractList;

/** A string as a list of its characters (code points, as Python counts), each made a string only when it is asked for. */
final class Characters extends AbstractList<Object> {
    private final int[] codePoints;

    Characters(String text) {
        codePoints = text.codePoints().toArray();
    }

    @Override
    public Object get(int index) {
        return Character.toString(codePoints[index]);
    }

    @Override
    public int size() {
        return codePoints.length;
    }
}
