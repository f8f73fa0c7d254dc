package io.quern.pool;

import io.quern.policy.Decision;
import io.quern.topology.Topology;
import org.jboss.logging.Logger;

/** Logs the chosen start method and the reasons, at boot and after a fallback. */
final class DecisionLog {
    private static final Logger LOG = Logger.getLogger("io.quern.decision");

    private DecisionLog() {}

    static void write(Decision decision) {
        LOG.infof("start method: %s (requested: %s)", decision.method(), decision.requested());
        decision.rules().forEach(rule -> LOG.infof("  rule %s: %s", rule.id(), rule.message()));
        decision.rejected().forEach(other -> LOG.infof("  not %s: %s", other.method(), other.reason()));
        decision.warnings().forEach(LOG::warn);
        Topology topology = decision.topology();
        if (topology != null) {
            LOG.infof("topology: %s", topology.text());
            topology.reasons().forEach(reason -> LOG.infof("  %s", reason.text()));
        }
    }

    static void revised(Decision.Revision revision) {
        LOG.warnf(
                "start method: %s instead of %s, because the launcher cannot be used: %s"
                        + " (docs/troubleshooting/start-methods.md)",
                revision.to(), revision.from(), revision.cause());
    }
}
