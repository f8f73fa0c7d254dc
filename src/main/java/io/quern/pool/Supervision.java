package io.quern.pool;

import io.quern.launch.WorkerStarter;
import io.quern.time.EngineClock;

/**
 * What all workers of a fleet are looked after with.
 *
 * @param clock that everything here goes by
 * @param supervisor the thread that writes their states
 * @param starter makes their processes
 * @param tokens let them in
 * @param oomKills asked of processes that ended by SIGKILL
 */
record Supervision(
        PoolConfig config,
        EngineClock clock,
        Supervisor supervisor,
        WorkerStarter starter,
        Tokens tokens,
        OomKills oomKills) {}
