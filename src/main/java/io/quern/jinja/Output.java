package io.quern.jinja;

/** Collects the text that a template, a macro or a block creates. For one thread. */
final class Output {
    private final StringBuilder text = new StringBuilder();
    private final Budget budget;

    Output(Budget budget) {
        this.budget = budget;
    }

    void append(String part) {
        budget.growing(text.length() + (long) part.length());
        budget.read(part.length());
        text.append(part);
    }

    /** Returns the whole text. */
    String text() {
        budget.text(text.length());
        return text.toString();
    }
}
