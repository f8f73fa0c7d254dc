"""Prints the expressions of a Grafana dashboard as recording rules, so that promtool can check their syntax.

    expressions.py DASHBOARD [--list]     --list: prints one panel title and expression per line instead
"""

import json
import sys


def expressions(dashboard):
    variables = [variable["name"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "15s")
            for name in variables:
                expression = expression.replace(f"${name}", ".+")
            if "$" in expression:
                raise SystemExit(f"the dashboard does not define a variable that is in {expression}")
            yield panel["title"], expression


def main():
    found = list(expressions(json.load(open(sys.argv[1]))))
    if sys.argv[2:] == ["--list"]:
        for title, expression in found:
            print(f"{title}\t{expression}")
    else:
        rules = [{"record": f"panel:{number}", "expr": expression} for number, (_, expression) in enumerate(found)]
        print(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML too


main()
