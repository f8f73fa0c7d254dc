package io.quern.grammar;

import static io.quern.grammar.Expression.reference;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Writes the rules of a number, digit by digit. */
record NumberRules(String name, SchemaCompiler compiler) {
    /** More significant digits could become another number when they are read as a double. */
    private static final int EXACT_DIGITS = 15;

    private static final int WHOLE_DIGITS = 9;
    private static final int FRACTION_DIGITS = 6;
    private static final int MAX_BOUND_DIGITS = 30;
    private static final int MAX_DIVISOR = 2000;

    Expression of(Conjunction schemas, boolean fractions) {
        Bounds bounds = schemas.bounds();
        BigDecimal[] divisors = schemas.schemas().stream()
                .map(Keywords::divisor)
                .filter(divisor -> divisor != null)
                .toArray(BigDecimal[]::new);
        if (bounds.equals(Bounds.NONE) && divisors.length == 0) {
            return reference(fractions ? JsonRules.NUMBER : JsonRules.INTEGER);
        }
        Located schema = schemas.schemas().stream()
                .filter(part -> !Keywords.bounds(part).equals(Bounds.NONE) || part.has("multipleOf"))
                .findFirst()
                .orElseThrow();
        String keyword = keyword(schema);
        compiler.work().on(schema.path() + "." + keyword, keyword);
        int whole = Math.max(digits(schema, bounds.min()), digits(schema, bounds.max()));
        int decimals = fractions ? decimals(schema, bounds, divisors) : 0;
        boolean exactly = divisors.length > 0;
        Automaton automaton = shape(whole, decimals, exactly);
        for (BigDecimal divisor : divisors) {
            automaton = automaton.and(Automaton.ofMultiples(scaled(schema, divisor, decimals)), compiler.work());
        }
        automaton = within(automaton, bounds);
        if (fractions && decimals > 0) {
            int most = Math.max(EXACT_DIGITS, whole) + 1;
            automaton = automaton.and(automaton("-?[0-9.]{1," + most + "}"), compiler.work());
        }
        if (automaton.isEmpty()) {
            return compiler.impossible(schema, keyword, "allows no number together with the other keywords");
        }
        return compiler.add(name, automaton, false);
    }

    private Automaton shape(int whole, int decimals, boolean exactly) {
        if (decimals == 0) {
            return automaton(NumberPatterns.integer(whole));
        }
        return automaton(
                exactly
                        ? "-?(?:0|[1-9][0-9]{0," + (whole - 1) + "})\\.[0-9]{" + decimals + "}"
                        : NumberPatterns.decimal(whole, decimals));
    }

    private Automaton within(Automaton numbers, Bounds bounds) {
        Automaton within = numbers;
        if (bounds.min() != null) {
            within = within.and(automaton(NumberPatterns.atLeast(bounds.min(), bounds.minExcluded())), compiler.work());
        }
        if (bounds.max() != null) {
            within = within.and(automaton(NumberPatterns.atMost(bounds.max(), bounds.maxExcluded())), compiler.work());
        }
        return within;
    }

    private Automaton automaton(String pattern) {
        return Determinizer.whole(RegexParser.parse(pattern, compiler.work().limits(), name, null), compiler.work());
    }

    /** Returns how many digits a number needs that is beyond the bound. */
    private static int digits(Located schema, @org.jspecify.annotations.Nullable BigDecimal bound) {
        if (bound == null) {
            return WHOLE_DIGITS;
        }
        int digits = Math.max(1, bound.precision() - bound.scale());
        if (digits > MAX_BOUND_DIGITS || bound.stripTrailingZeros().scale() > EXACT_DIGITS) {
            throw schema.refuse(keyword(schema), "has more than " + MAX_BOUND_DIGITS + " digits");
        }
        return Math.max(WHOLE_DIGITS, digits + 1);
    }

    private static int decimals(Located schema, Bounds bounds, BigDecimal[] divisors) {
        int decimals = divisors.length > 0 ? 0 : FRACTION_DIGITS;
        for (BigDecimal divisor : divisors) {
            decimals = Math.max(decimals, divisor.stripTrailingZeros().scale());
        }
        if (divisors.length == 0) {
            for (BigDecimal bound : new BigDecimal[] {bounds.min(), bounds.max()}) {
                decimals = bound == null
                        ? decimals
                        : Math.max(decimals, bound.stripTrailingZeros().scale() + 1);
            }
        }
        if (decimals > EXACT_DIGITS) {
            throw schema.refuse(keyword(schema), "has more than " + EXACT_DIGITS + " decimals");
        }
        return decimals;
    }

    /** Returns the divisor of the digits, whose point does not count. */
    private int scaled(Located schema, BigDecimal divisor, int decimals) {
        int scale = Math.max(0, divisor.stripTrailingZeros().scale());
        BigInteger digits = divisor.movePointRight(Math.max(scale, decimals)).toBigIntegerExact();
        // an integer n is a multiple of digits / 10^scale if and only if n * 10^scale is one of digits
        BigInteger needed = scale > decimals ? digits.divide(digits.gcd(BigInteger.TEN.pow(scale - decimals))) : digits;
        if (needed.compareTo(BigInteger.valueOf(MAX_DIVISOR)) > 0) {
            throw schema.refuse("multipleOf", "is too large for a grammar");
        }
        return needed.intValueExact();
    }

    private static String keyword(Located schema) {
        for (String keyword :
                new String[] {"multipleOf", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}) {
            if (schema.has(keyword)) {
                return keyword;
            }
        }
        return "type";
    }
}
