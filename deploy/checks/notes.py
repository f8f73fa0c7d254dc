"""Every file below deploy/ is run by a test, as run-by-tests tells, or says in its first line that it is not.

The words are those of NOTE.
"""

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
        problems += [f"{file}: run by {runner}, which is not there" for runner in by if not os.path.exists(runner)]
        if by and says:
            problems.append(f"{file} says that it is not run here, and is in run-by-tests")
        if not by and not says:
            problems.append(f"{file} is neither in run-by-tests nor says in its first line that it is not run here")
        run, noted = run + bool(by), noted + says
    for problem in problems:
        print(problem)
    print(f"{run} files are run by tests, {noted} say that they are not run here")
    return 1 if problems else 0


sys.exit(main())
