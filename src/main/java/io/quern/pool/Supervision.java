package io.quern.pool;

import io.quern.launch.WorkerStarter;
import io.quern.time.EngineClock;

/**
 * The parts that supervise all workers of a fleet.
 *
 * @param clock the clock of the supervision
 * @param supervisor the thread that writes their states
 * @param starter starts their processes
 * @param tokens admit their connections
 * @param oomKills explains processes that ended by SIGKILL
 */
record Supervision(
        PoolConfig config,
        EngineClock clock,
        Supervisor supervisor,
        WorkerStarter starter,
        Tokens tokens,
        OomKills oomKills) {}
