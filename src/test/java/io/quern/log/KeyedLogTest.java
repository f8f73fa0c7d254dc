package io.quern.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.jboss.logging.MDC;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeyedLogTest {
    private static final KeyedLog LOG = KeyedLog.of(KeyedLogTest.class);

    private final Logger logger = Logger.getLogger(KeyedLogTest.class.getName());
    private final List<ExtLogRecord> lines = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            ExtLogRecord kept = ExtLogRecord.wrap(line);
            kept.copyAll();
            lines.add(kept);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
        MDC.clear();
    }

    @Test
    void keysPrecedeTheMessageInAFixedOrder() {
        LOG.model("demo").requestId("r1").pid(4711L).workerId(0).infof("ready after %d ms", 512);
        assertThat(line().getFormattedMessage())
                .isEqualTo("workerId=0 pid=4711 requestId=r1 model=demo ready after 512 ms");
    }

    @Test
    void formatsFindKeysInTheMdc() {
        LOG.workerId(3).requestId("r1").warnf("lost");
        assertThat(line().getMdcCopy()).isEqualTo(Map.of("workerId", "3", "requestId", "r1"));
    }

    @Test
    void keysAreGoneAfterTheLine() {
        MDC.put("requestId", "outer");
        LOG.workerId(3).requestId("inner").warnf("lost");
        assertThat(MDC.get("workerId")).isNull();
        assertThat(MDC.get("requestId")).isEqualTo("outer");
    }

    @Test
    void valuesWithSpacesAreQuoted() {
        LOG.model("my \"own\" model").infof("is served");
        assertThat(line().getFormattedMessage()).isEqualTo("model=\"my \\\"own\\\" model\" is served");
    }

    @Test
    void workerWithoutAProcessHasNoPid() {
        LOG.workerId(1).pid(0L).infof("started by inline");
        assertThat(line().getFormattedMessage()).isEqualTo("workerId=1 started by inline");
    }

    @Test
    void lineNamesItsCallerNotKeyedLog() {
        LOG.workerId(1).infof("100%% done");
        assertThat(line().getSourceClassName()).isEqualTo(KeyedLogTest.class.getName());
        assertThat(line().getLoggerName()).isEqualTo(KeyedLogTest.class.getName());
        assertThat(line().getFormattedMessage()).isEqualTo("workerId=1 100% done");
    }

    private ExtLogRecord line() {
        assertThat(lines).hasSize(1);
        return lines.getFirst();
    }
}
