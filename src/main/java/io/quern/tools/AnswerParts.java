package io.quern.tools;

/** Receives the parts of one answer, in their order. */
public interface AnswerParts {

    /** @param text of the answer itself; never empty */
    void content(String text);

    /** @param text in which the model thinks before it answers; never empty */
    void reasoning(String text);

    /**
     * Begins a call.
     *
     * @param index number of the call within the answer, from 0
     * @param id by which the tool's result refers to the call
     * @param name of one of the request's tools
     */
    void call(int index, String id, String name);

    /**
     * Adds to the arguments of the call that began last.
     *
     * @param text a piece of a JSON object; never empty. The model may have written something other than JSON
     */
    void arguments(int index, String text);
}
