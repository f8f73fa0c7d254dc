package io.quern.worker;

/**
 * How the rows of a step are computed. A row is the next token of one sequence.
 *
 * @param threads the threads that compute
 * @param rowByRow whether the rows are multiplied one by one
 */
record StepShape(int threads, boolean rowByRow) {}
