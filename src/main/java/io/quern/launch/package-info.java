/**
 * Starts workers: one worker starter for each start method, based on the packages for forking, the workers' Java and
 * the sandbox.
 *
 * <p>It describes the worker to start. Other packages choose the start method and supervise the workers.
 */
package io.quern.launch;
