package io.quern.generation;

/** Reports that a value of a request is out of range; {@link #parameter()} is its name in the OpenAI API. */
public final class InvalidRequestException extends IllegalArgumentException {
    private final String parameter;

    public InvalidRequestException(String parameter, String problem) {
        super(parameter + " " + problem);
        this.parameter = parameter;
    }

    public String parameter() {
        return parameter;
    }
}
