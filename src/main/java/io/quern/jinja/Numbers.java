package io.quern.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Python's numbers: Long, or BigInteger if the number is too large; Double; and Boolean, which counts as 0 or 1. */
final class Numbers {
    /** Python refuses to convert integers with more digits to or from text. */
    static final int MAX_DIGITS = 4300;

    private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);

    /** Enough for the quotient of two integers of usual size to round as if it were exact. */
    private static final MathContext QUOTIENT = new MathContext(200);

    private Numbers() {}

    static boolean isNumber(Object value) {
        return isWhole(value) || value instanceof Double;
    }

    static boolean isWhole(Object value) {
        return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
    }

    /** Returns the smallest type that can hold the value. */
    static Object of(BigInteger value) {
        return value.compareTo(MIN_LONG) >= 0 && value.compareTo(MAX_LONG) <= 0 ? (Object) value.longValue() : value;
    }

    /** Converts to an integer, rounding towards zero. */
    static Object ofReal(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new TemplateError("cannot convert " + Text.real(value) + " to an integer");
        }
        return Math.abs(value) < 1L << 62 ? (Object) (long) value : of(new BigDecimal(value).toBigInteger());
    }

    static BigInteger big(Object whole) {
        return switch (whole) {
            case BigInteger n -> n;
            case Long n -> BigInteger.valueOf(n);
            case Boolean b -> b ? BigInteger.ONE : BigInteger.ZERO;
            default -> throw notWhole(whole);
        };
    }

    /** @throws TemplateError if it is not an integer, or one too large to be an index or count */
    static long whole(Object value) {
        return switch (value) {
            case Long n -> n;
            case Boolean b -> b ? 1 : 0;
            case BigInteger n -> throw new TemplateError("the number is too large");
            default -> throw notWhole(value);
        };
    }

    static int index(Object value) {
        return value instanceof BigInteger n
                ? n.signum() * Integer.MAX_VALUE
                : Math.clamp(whole(value), -Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    static double real(Object value) {
        return switch (value) {
            case Double d -> d;
            case Long n -> n;
            case Boolean b -> b ? 1 : 0;
            case BigInteger n -> finite(n.doubleValue());
            default -> throw new TemplateError("expected a number, got " + Values.typeName(Undefined.required(value)));
        };
    }

    private static double finite(double value) {
        if (Double.isInfinite(value)) {
            throw new TemplateError("the number is too large for a float");
        }
        return value;
    }

    private static TemplateError notWhole(Object value) {
        return new TemplateError("expected an integer, got " + Values.typeName(Undefined.required(value)));
    }

    static boolean equal(Object a, Object b) {
        if (a instanceof Double x && b instanceof Double y) {
            return x.doubleValue() == y.doubleValue();
        }
        boolean finite = !(a instanceof Double x && (x.isNaN() || x.isInfinite()))
                && !(b instanceof Double y && (y.isNaN() || y.isInfinite()));
        return finite && compare(a, b) == 0;
    }

    /** Compares exactly, also an integer with a float. The caller handles NaN. */
    static int compare(Object a, Object b) {
        if (!(a instanceof Double) && !(b instanceof Double)) {
            return a instanceof BigInteger || b instanceof BigInteger
                    ? big(a).compareTo(big(b))
                    : Long.compare(whole(a), whole(b));
        }
        double x = a instanceof BigInteger n ? n.doubleValue() : real(a);
        double y = b instanceof BigInteger n ? n.doubleValue() : real(b);
        if (Double.isNaN(x)
                || Double.isNaN(y)
                || Double.isInfinite(x)
                || Double.isInfinite(y)
                || a instanceof Double && b instanceof Double) {
            return x < y ? -1 : x > y ? 1 : 0;
        }
        return decimal(a).compareTo(decimal(b));
    }

    private static BigDecimal decimal(Object value) {
        return value instanceof Double d ? new BigDecimal(d) : new BigDecimal(big(value));
    }

    static Object add(Object a, Object b, Budget budget) {
        if (a instanceof Double || b instanceof Double) {
            return real(a) + real(b);
        }
        if (a instanceof BigInteger || b instanceof BigInteger) {
            return bounded(big(a).add(big(b)), budget);
        }
        long x = whole(a);
        long y = whole(b);
        long sum = x + y;
        return ((x ^ sum) & (y ^ sum)) < 0 ? (Object) big(a).add(big(b)) : (Object) sum;
    }

    static Object subtract(Object a, Object b, Budget budget) {
        return a instanceof Double || b instanceof Double ? (Object) (real(a) - real(b)) : add(a, negate(b), budget);
    }

    static Object multiply(Object a, Object b, Budget budget) {
        if (a instanceof Double || b instanceof Double) {
            return real(a) * real(b);
        }
        if (!(a instanceof BigInteger) && !(b instanceof BigInteger)) {
            long x = whole(a);
            long y = whole(b);
            long high = Math.multiplyHigh(x, y);
            long low = x * y;
            if (high == 0 && low >= 0 || high == -1 && low < 0) {
                return low;
            }
        }
        claim((long) big(a).bitLength() + big(b).bitLength(), budget);
        return bounded(big(a).multiply(big(b)), budget);
    }

    static Object divide(Object a, Object b) {
        requireNotZero(b);
        if (a instanceof Double || b instanceof Double || small(a) && small(b)) {
            return real(a) / real(b);
        }
        if (big(a).signum() == 0) {
            return big(b).signum() < 0 ? -0.0 : 0.0;
        }
        return finite(
                new BigDecimal(big(a)).divide(new BigDecimal(big(b)), QUOTIENT).doubleValue());
    }

    static Object floorDivide(Object a, Object b) {
        requireNotZero(b);
        if (a instanceof Double || b instanceof Double) {
            return floor(real(a), real(b));
        }
        BigInteger[] parts = big(a).divideAndRemainder(big(b));
        boolean down = parts[1].signum() != 0 && parts[1].signum() != big(b).signum();
        return of(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }

    /** Computes the quotient from the remainder, which is exact, as CPython does. */
    private static double floor(double x, double y) {
        double remainder = x % y;
        double quotient = (x - remainder) / y;
        if (remainder != 0 && remainder < 0 != y < 0) {
            quotient -= 1;
        }
        if (quotient == 0) {
            return Math.copySign(0, x / y);
        }
        double floor = Math.floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    static Object modulo(Object a, Object b) {
        requireNotZero(b);
        if (a instanceof Double || b instanceof Double) {
            double y = real(b);
            double remainder = real(a) % y;
            if (remainder == 0) {
                return Math.copySign(0.0, y);
            }
            return remainder < 0 != y < 0 ? remainder + y : remainder;
        }
        BigInteger remainder = big(a).mod(big(b).abs());
        return of(big(b).signum() < 0 && remainder.signum() != 0 ? remainder.add(big(b)) : remainder);
    }

    static Object power(Object a, Object b, Budget budget) {
        if (isWhole(a) && isWhole(b) && big(b).signum() >= 0) {
            BigInteger base = big(a);
            if (base.bitLength() <= 1 && base.abs().bitLength() <= 1) {
                // 0, 1 and -1 can be raised to any power
                boolean odd = big(b).testBit(0);
                return big(b).signum() == 0 ? 1L : base.signum() >= 0 || odd ? of(base) : (Object) 1L;
            }
            long exponent = whole(b);
            claim(Math.multiplyExact(Math.min(exponent, Integer.MAX_VALUE), base.bitLength()), budget);
            return bounded(base.pow((int) exponent), budget);
        }
        double x = real(a);
        double y = real(b);
        if (x == 0 && y < 0) {
            throw new TemplateError("zero cannot be raised to a negative power");
        }
        if (x < 0 && y != Math.rint(y)) {
            throw TemplateError.unsupported(
                    "a complex number, as the result of a negative base and a fractional exponent,");
        }
        // C's pow returns 1 in these cases, Java's does not
        double power = x == 1 || x == -1 && Double.isInfinite(y) ? 1 : Math.pow(x, y);
        if (Double.isInfinite(power) && !Double.isInfinite(x) && !Double.isInfinite(y)) {
            throw new TemplateError("the power is too large for a float");
        }
        return power;
    }

    static Object negate(Object value) {
        return value instanceof Double d ? (Object) (-d) : of(big(value).negate());
    }

    static Object absolute(Object value) {
        return value instanceof Double d ? (Object) Math.abs(d) : of(big(value).abs());
    }

    private static boolean small(Object whole) {
        return !(whole instanceof BigInteger) && Math.abs(whole(whole)) <= 1L << 53;
    }

    private static void claim(long bits, Budget budget) {
        // the cost of calculating with this many bits
        budget.text(bits / Byte.SIZE);
        budget.steps(bits / Long.SIZE * (bits / Long.SIZE) / Long.SIZE);
    }

    private static Object bounded(BigInteger value, Budget budget) {
        claim(value.bitLength(), budget);
        return of(value);
    }

    private static void requireNotZero(Object divisor) {
        if (real(divisor) == 0) {
            throw new TemplateError("division by zero");
        }
    }
}
