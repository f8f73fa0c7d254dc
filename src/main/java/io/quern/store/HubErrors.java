package io.quern.store;

import io.quern.text.Printable;
import java.io.IOException;
import java.util.List;

/** Translates the hub's refusals to messages that say what to do. */
final class HubErrors {
    private static final int MOST_SHOWN = 200;

    private final HubEnvironment environment;
    private final ModelReference.Hub reference;

    HubErrors(HubEnvironment environment, ModelReference.Hub reference) {
        this.environment = environment;
        this.reference = reference;
    }

    /** Whether the hub says that it has no such repository. It says the same of private ones. */
    boolean isUnknownRepository(Reply reply) {
        String code = code(reply);
        return code.equals("RepoNotFound")
                || code.isEmpty() && (reply.status() == 401 && !isInvalidToken(reply) || reply.status() == 404);
    }

    /**
     * Returns what the hub's answer means.
     *
     * @param similar repositories that may be meant
     * @throws IOException if the request may be repeated
     */
    StoreException of(Reply reply, List<String> similar) throws IOException {
        if (Retries.BusyException.isBusy(reply.status())) {
            throw new Retries.BusyException(reply);
        }
        String code = code(reply);
        if (code.equals("GatedRepo")) {
            return gated();
        } else if (isUnknownRepository(reply)) {
            return unknown(similar);
        } else if (code.equals("RevisionNotFound")) {
            return problem(
                    StoreProblem.NOT_FOUND,
                    "Cannot find",
                    reference.repository() + " has no revision " + reference.revision(),
                    "Look for its branches, tags and commits at " + page() + "/commits/main.");
        } else if (code.equals("EntryNotFound")) {
            return problem(
                    StoreProblem.NOT_FOUND,
                    "Cannot find",
                    reference.repository() + " has no such file",
                    "See its files at " + page() + "/tree/" + reference.revision() + ".");
        } else if (reply.status() == 401 || reply.status() == 403) {
            return unauthorized(reply);
        }
        return problem(
                StoreProblem.SERVER_ERROR,
                "Cannot download",
                "the hub answered with status " + reply.status() + message(reply),
                "Check HF_ENDPOINT and the proxies.");
    }

    private StoreException gated() {
        String then = environment.token().isEmpty()
                ? "Then set HF_TOKEN to a token of your account (" + environment.endpoint() + "/settings/tokens)."
                : withheld().isEmpty()
                        ? "The account of the " + environment.token().get() + " has no access yet."
                        : withheld();
        return problem(
                StoreProblem.GATED,
                "Cannot download",
                "the owner of " + reference.repository() + " grants access on request only (gated repository)",
                "Request access at " + page() + ". " + then);
    }

    private StoreException unknown(List<String> similar) {
        String advice = similar.isEmpty()
                ? "Check the name."
                : "Similar names: "
                        + String.join(
                                ", ", similar.stream().map(name -> "hf:" + name).toList()) + ".";
        String token = environment.token().isEmpty()
                ? " If the repository is private, set HF_TOKEN."
                : withheld().isEmpty()
                        ? " If the repository is private, check that the "
                                + environment.token().get() + " may read it."
                        : " " + withheld();
        return problem(
                StoreProblem.NOT_FOUND,
                "Cannot find",
                "the hub has no repository " + reference.repository() + ", or it is private",
                advice + token);
    }

    private StoreException unauthorized(Reply reply) {
        return problem(
                StoreProblem.UNAUTHORIZED,
                "Cannot download",
                "the hub refuses access (status " + reply.status() + message(reply) + ")",
                environment.token().isEmpty()
                        ? "Set HF_TOKEN to a token of an account that may read it."
                        : withheld().isEmpty()
                                ? "Check that the " + environment.token().get() + " is valid and may read it."
                                : withheld());
    }

    private String withheld() {
        return environment.withholdsToken()
                ? "The token is not sent, because HF_ENDPOINT begins with http: set it to an https URL."
                : "";
    }

    private StoreException problem(StoreProblem kind, String start, String problem, String advice) {
        return new StoreException(kind, start + " model " + reference + ": " + problem + ". " + advice);
    }

    private String page() {
        return environment.endpoint() + "/" + reference.repository();
    }

    private static String code(Reply reply) {
        return reply.header("X-Error-Code").orElse("");
    }

    private static boolean isInvalidToken(Reply reply) {
        return reply.header("X-Error-Message").orElse("").contains("Invalid credentials");
    }

    private static String message(Reply reply) {
        return reply.header("X-Error-Message")
                .map(text -> ": " + Printable.line(text.substring(0, Math.min(MOST_SHOWN, text.length()))))
                .orElse("");
    }
}
