/**
 * How a worker comes to life: one worker starter for each start method, over the rooms for forking, for the workers' Java and for the
 * sandbox.
 *
 * <p>Owns what a worker is to be. Does not own which start method is chosen, nor the worker's further life.
 */
package io.quern.launch;
