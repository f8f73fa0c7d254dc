"""Checks that each file below deploy/ is in run-by-tests, or says in its first line that no test runs it (NOTE)."""

import fnmatch
import os
import subprocess
import sys


NOTE = "not run here"


def runners():
    for line in open("deploy/checks/run-by-tests"):
        if line.strip() and not line.startswith("#"):
            pattern, by = line.split(None, 1)
            yield pattern, by.strip().split(", ")


def main():
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "deploy"], check=True, capture_output=True, text=True
    ).stdout.split()
    problems, run, noted = [], 0, 0
    for file in sorted(set(files)):
        if file.endswith(".md") or not os.path.exists(file):
            continue
        by = [runner for pattern, runners_ in runners() if fnmatch.fnmatch(file, "deploy/" + pattern) for runner in runners_]
        with open(file, errors="replace") as lines:
            says = NOTE in lines.readline()
        problems += [f"{file} is run by {runner}, which does not exist" for runner in by if not os.path.exists(runner)]
        if by and says:
            problems.append(f"{file} is in run-by-tests, but its first line says '{NOTE}'")
        if not by and not says:
            problems.append(f"{file} is not in run-by-tests, and its first line does not say '{NOTE}'")
        run, noted = run + bool(by), noted + says
    for problem in problems:
        print(problem)
    print(f"tests run {run} files; {noted} files say '{NOTE}'")
    return 1 if problems else 0


sys.exit(main())
