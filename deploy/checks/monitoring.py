"""Runs Prometheus against an engine: see deploy/monitoring/test.

monitoring.py JAVA JAR
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

MONITORING = pathlib.Path("deploy/monitoring")
DASHBOARD = MONITORING / "grafana/dashboards/quern.json"
HOST = "127.0.0.1"


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read()


def await_(what, seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"FAIL {what}: not within {seconds} s")


def ok(what):
    print(f"ok   {what}", flush=True)


class Engine:
    def __init__(self, java, jar, home):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("QUERN_", "QUARKUS_"))}
        environment |= {"QUERN_HOME": home, "QUARKUS_HTTP_HOST": HOST, "QUARKUS_HTTP_PORT": "0"}
        environment |= {"QUARKUS_MANAGEMENT_HOST": HOST, "QUARKUS_MANAGEMENT_PORT": "0"}
        self.log = open(f"{home}/engine.log", "w")
        self.process = subprocess.Popen([java, "-jar", jar], env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        self.port = None
        self.management = None

    def await_port(self):
        line = re.compile(rf"Listening on: http://{HOST}:(\d+)\. Management interface listening on http://{HOST}:(\d+)")
        ports = await_("the engine's ports", 120, lambda: line.search(pathlib.Path(self.log.name).read_text()))
        self.port, self.management = int(ports[1]), int(ports[2])

    def url(self, path):
        return f"http://{HOST}:{self.port}{path}"

    def ask(self):
        body = {"messages": [{"role": "user", "content": "What is a worker?"}], "max_tokens": 30}
        request = urllib.request.Request(self.url("/v1/chat/completions"), json.dumps(body).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            response.read()


class Prometheus:
    def __init__(self, engine, folder):
        self.port = free_port()
        config = (MONITORING / "prometheus.yml").read_text()
        config = config.replace("quern:9000", f"{HOST}:{engine.management}").replace("15s", "1s")
        pathlib.Path(folder, "prometheus.yml").write_text(config)
        pathlib.Path(folder, "rules.yml").write_text((MONITORING / "rules.yml").read_text())
        command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        self.process = subprocess.Popen(
            [*command, f"--web.listen-address={HOST}:{self.port}"],
            stdout=open(f"{folder}/prometheus.log", "w"),
            stderr=subprocess.STDOUT,
        )

    def ask(self, path, **parameters):
        url = f"http://{HOST}:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            return json.loads(get(url))["data"]
        except urllib.error.HTTPError as e:
            if e.code >= 500:
                # while Prometheus starts, parts of it answer 503; await_ retries
                raise
            raise SystemExit(f"FAIL {path} {parameters}: {e.read().decode()}") from e

    def ready(self):
        return get(f"http://{HOST}:{self.port}/-/ready")

    def scrapes(self):
        """Returns the number of scrapes so far."""
        result = self.ask("query", query='count_over_time(up{job="quern"}[5m])')["result"]
        return int(result[0]["value"][1]) if result else 0

    def alerts(self):
        return {(alert["labels"]["alertname"], alert["state"]) for alert in self.ask("alerts")["alerts"]}


def scraped(prometheus):
    targets = prometheus.ask("targets")["activeTargets"]
    return len(targets) == 1 and targets[0]["health"] == "up" and targets[0]


def evaluated(prometheus):
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    return rules and all(rule["health"] != "unknown" for rule in rules) and rules


def check(engine, prometheus):
    await_("the engine's readiness", 120, lambda: get(engine.url("/health")))
    target = await_("a scrape", 60, lambda: scraped(prometheus))
    ok(f"scrapes {target['scrapeUrl']} in {target['lastScrapeDuration'] * 1000:.0f} ms")

    before = prometheus.scrapes()
    while prometheus.scrapes() < before + 4:
        engine.ask()
    rules = await_("the rules", 60, lambda: evaluated(prometheus))
    failed = [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule["health"] != "ok"]
    if failed or len(rules) != len(re.findall("alert:", (MONITORING / "rules.yml").read_text())):
        raise SystemExit(f"FAIL {len(rules)} rules: {failed}")
    ok(f"{len(rules)} rules are evaluated")

    listed = subprocess.run(
        [sys.executable, "deploy/checks/expressions.py", DASHBOARD, "--list"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    empty = []
    for line in listed:
        panel, expression = line.split("\t")
        values = [series["value"][1] for series in prometheus.ask("query", query=expression)["result"]]
        if not any(value != "NaN" for value in values):
            empty.append(f"{panel}: {expression}")
    if empty:
        raise SystemExit("FAIL expressions without a value: " + "\n".join(empty))
    ok(f"{len(listed)} expressions of the dashboard have values")

    if alerts := prometheus.alerts():
        raise SystemExit(f"FAIL alerts for a healthy engine: {alerts}")
    engine.process.kill()
    await_("an alert after the engine was killed", 60, lambda: ("QuernDown", "pending") in prometheus.alerts())
    ok("no alert for a healthy engine; QuernDown is pending after the engine was killed")


def main(java, jar):
    # workers may still write to the engine's home while they end
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        engine = Engine(java, jar, folder)
        prometheus = None
        try:
            engine.await_port()
            prometheus = Prometheus(engine, folder)
            await_("Prometheus' readiness", 60, prometheus.ready)
            check(engine, prometheus)
        finally:
            for one in (engine, prometheus):
                if one:
                    one.process.kill()
                    one.process.wait()


main(*sys.argv[1:])
