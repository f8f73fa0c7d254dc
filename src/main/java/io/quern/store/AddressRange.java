package io.quern.store;

import java.net.InetAddress;

/** Ranges of addresses in CIDR notation, such as {@code 10.0.0.0/8}. Pure: it asks no name server. */
final class AddressRange {
    private AddressRange() {}

    /**
     * Returns whether an address is in a range. False also if one of them is something else, such as a name.
     *
     * @param host an address, an IPv6 address in brackets or without
     */
    static boolean contains(String range, String host) {
        int slash = range.indexOf('/');
        if (slash < 0) {
            return false;
        }
        try {
            byte[] network = address(range.substring(0, slash));
            byte[] address = address(host);
            int bits = Integer.parseInt(range.substring(slash + 1));
            return network.length == address.length
                    && bits >= 0
                    && bits <= network.length * Byte.SIZE
                    && equal(network, address, bits);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] address(String literal) {
        return InetAddress.ofLiteral(literal.replaceAll("^\\[|]$", "")).getAddress();
    }

    private static boolean equal(byte[] one, byte[] other, int bits) {
        for (int i = 0; i < bits; i++) {
            int mask = 0x80 >> i % Byte.SIZE;
            if ((one[i / Byte.SIZE] & mask) != (other[i / Byte.SIZE] & mask)) {
                return false;
            }
        }
        return true;
    }
}
