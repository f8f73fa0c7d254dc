package io.quern.store;

/** Recognises names and addresses of this machine without asking a name server. */
final class Loopback {
    private Loopback() {}

    /** @param host as in a URL, an IPv6 address in brackets or without */
    static boolean is(String host) {
        return host.equalsIgnoreCase("localhost")
                || host.matches("127(\\.\\d{1,3}){3}")
                || host.equals("[::1]")
                || host.equals("::1");
    }
}
