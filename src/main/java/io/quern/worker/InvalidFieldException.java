package io.quern.worker;

import io.quern.llama.Vocabulary;
import io.quern.wire.Rejected;

/** Reports that a field of the client's request is wrong, which only the model's vocabulary or llama.cpp can tell. */
final class InvalidFieldException extends RuntimeException {
    private final String field;

    /** @param field its path, or empty if unknown */
    InvalidFieldException(String field, String message) {
        super(message, null, false, false);
        this.field = field;
    }

    static void checkToken(int token, Vocabulary vocabulary, String field) {
        if (token < 0 || token >= vocabulary.size()) {
            throw new InvalidFieldException(
                    field,
                    field + ": token " + token + " is not in the model's vocabulary, which has the tokens 0 to "
                            + (vocabulary.size() - 1));
        }
    }

    String field() {
        return field;
    }

    Rejected.Builder rejection() {
        return Rejected.newBuilder()
                .setReason(Rejected.Reason.INVALID)
                .setField(field)
                .setMessage(String.valueOf(getMessage()));
    }
}
