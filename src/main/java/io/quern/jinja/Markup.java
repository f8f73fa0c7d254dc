package io.quern.jinja;

/** A text marked by the filters {@code escape} or {@code safe}. Anything that is appended to it is escaped for HTML. */
record Markup(String text) {

    static Markup escape(Object value, Budget budget) {
        if (value instanceof Markup markup) {
            return markup;
        }
        String text = Text.of(value, budget);
        budget.text(text.length());
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '\'' -> out.append("&#39;");
                case '"' -> out.append("&#34;");
                default -> out.append(c);
            }
        }
        budget.text(out.length());
        return new Markup(out.toString());
    }
}
