"""Asks a running Quern the held-out questions and prints how many answers are right.

    python3 measure.py http://localhost:8080 [--at-least 90]

Uses only Python's standard library, and greedy sampling (temperature 0). An answer is right if it equals the family's
answer letter by letter.
"""

import argparse
import json
import sys
import urllib.request

import corpus


def served(url):
    with urllib.request.urlopen(f"{url}/v1/models", timeout=20) as answer:
        return json.load(answer)["data"][0]["id"]


def ask(url, model, messages):
    body = {"model": model, "temperature": 0, "messages": messages}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]


def user(text):
    return {"role": "user", "content": text}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("--at-least", type=float, default=90, help="exit with status 1 below this percentage")
    given = arguments.parse_args()

    families = corpus.families()
    corpus.check_held_out(families)
    answers = {family.id: family.answer for family in families}
    named = {family.answer: family.id for family in families}
    model = served(given.url)
    right, second, questions = 0, 0, corpus.held_out()
    for number, (question, family) in enumerate(questions):
        said = ask(given.url, model, [user(question)])
        right += said == answers[family]
        if said != answers[family]:
            print(f"WRONG {question}\n   wanted {family}, got {named.get(said, 'none: ' + said[:200])}")
        # the same question again, after another question and its answer
        before, other = questions[(number * 37 + 11) % len(questions)]
        turns = [user(before), {"role": "assistant", "content": answers[other]}, user(question)]
        second += ask(given.url, model, turns) == answers[family]
    share = 100 * right / len(questions)
    print(f"{right} of {len(questions)} held-out questions answered correctly: {share:.1f}%")
    print(f"as a second turn: {second} of {len(questions)}: {100 * second / len(questions):.1f}%")
    sys.exit(share < given.at_least)


if __name__ == "__main__":
    main()
