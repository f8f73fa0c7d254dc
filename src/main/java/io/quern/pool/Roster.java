package io.quern.pool;

import io.quern.launch.WorkerSpec;
import java.util.List;
import java.util.Map;

/**
 * Lists who is in a fleet.
 *
 * @param serving how many workers get requests at a time; the rest stand by
 * @param specs one for each worker
 * @param parked those that an earlier application has left, by their numbers; others are started
 */
record Roster(int serving, List<WorkerSpec> specs, Map<Integer, HandOver.ParkedWorker> parked) {}
