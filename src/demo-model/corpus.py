"""Reads the corpus: families of questions that share one answer.

A file is a list of families:

    = id            the family's name
    A text          its answer, on one line
    Q pattern       one or several questions: (a|b|) stands for a, b or nothing
    T term          a term for the phrases of templates.txt (* is the term, ~ the term without its article). If another
                    family writes out such a question, the question belongs to that family
    W list: pattern a pattern; each word of words/list.txt replaces its *

`families` expands all patterns. During training, `vary` changes each question the way people type: it adds "please",
writes in lower case, makes typing errors.
"""

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"

PREFIXES = [
    "please", "hey,", "hi,", "hello,", "ok,", "so", "so,", "well,", "can you tell me", "could you tell me", "tell me",
    "tell me,", "I wonder", "I want to know", "I would like to know", "quick question:", "excuse me,", "question:", "um,",
    "now,", "please tell me", "and", "do you know", "I was wondering,", "my question is", "just to be sure:",
    "a colleague asks:", "here is a question:", "for my notes:", "remind me,", "could somebody tell me", "I forgot,",
    "any idea", "say,", "one more thing:", "let me ask,", "honestly,", "okay then,", "be so kind and tell me",
]
SUFFIXES = ["please", ", please", "thanks", ", thanks", "in short", "exactly", "in simple words", "for a beginner", "do you know",
            ", I wonder", ", any idea", ", tell me", "for me", "again", "then", "here", ", my friend", "anyway"]


FILLERS = ["really", "actually", "exactly", "again", "just", "maybe", "then", "here", "now", "please", "generally", "still",
           "simply", "ever", "even", "also", "normally", "usually", "only", "ultimately"]
# the words and phrases of a row may replace each other
LIKE = [
    ["how do I", "how can I", "how could I", "how would I", "how do you", "how does one", "how to", "how should I",
     "what is the way to", "is there a way to", "what do I do to", "I want to", "I would like to", "in what way do I"],
    ["why", "how come", "for what reason", "what is the reason why"],
    ["what happens", "what will happen", "what goes on", "what occurs", "what do you do", "what does Quern do"],
    ["what does Quern do", "what will Quern do", "how does Quern react"],
    ["what is", "what's", "whats", "what is that,", "and what is"],
    ["what are", "what're", "which are"],
    ["what", "which"],
    ["explain", "describe", "please explain", "could you explain", "explain to me", "clarify"],
    ["tell me about", "say something about", "talk about", "let me hear about", "I want to hear about"],
    ["difference between", "distinction between"],
    ["when", "if", "in case", "as soon as", "once"],
    ["where", "in which place"],
    ["does", "will", "can"],
    ["is used", "gets used", "is needed"],
    ["good for", "useful for", "used for", "there for", "needed for"],
    ["set", "change", "adjust", "configure", "choose"],
    ["raise", "increase", "enlarge"],
    ["dies", "crashes", "fails", "is dead", "goes down", "breaks", "has died", "has crashed"],
    ["start", "launch", "begin"],
    ["stop", "end", "halt"],
    ["see", "find", "look at", "read", "get", "check"],
    ["make", "create", "produce"],
    ["use", "employ", "make use of", "take"],
    ["fast", "quick", "speedy"],
    ["faster", "quicker"],
    ["number of", "count of", "amount of"],
    ["at once", "at the same time", "in parallel", "simultaneously"],
    ["talk to", "speak to", "speak with", "communicate with"],
    ["choose", "pick", "select"],
    ["chosen", "picked", "selected"],
    ["should I", "shall I", "must I", "do I have to"],
    ["cannot", "can't", "can not", "is unable to"],
    ["big", "large", "huge"],
    ["too long", "too large", "much too long", "longer than allowed"],
    ["me", "us"],
    ["my", "our", "the"],
    ["a", "the", "one", "some"],
    ["need", "require", "want"],
    ["know", "tell", "notice"],
    ["made", "built", "created", "written", "developed"],
    ["want", "would like", "wish", "intend"],
    ["try", "test", "try out", "use"],
    ["trust", "believe", "rely on"],
    ["cut", "split", "divided", "broken up", "taken apart"],
    ["speaks to", "talks to", "deals with", "answers"],
    ["several", "many", "five", "ten", "a dozen"],
    ["software", "program", "project"],
    ["dangerous", "unsafe", "risky", "a bad idea"],
    ["in the middle of", "during", "while there is"],
    ["after", "once", "as soon as"],
    ["ways", "manners", "methods", "possibilities"],
    ["mean", "stand for", "say"],
    ["called", "named"],
    ["job", "task", "purpose", "duty", "role"],
    ["do", "does"],
]
ALIKE = {}
for row in LIKE:
    for phrase in row:
        ALIKE.setdefault(phrase.lower(), [other for other in row if other != phrase])
LIKENESS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, ALIKE), key=len, reverse=True)) + r")\b", re.IGNORECASE)
SMALL_WORDS = {"a", "an", "the", "do", "does", "is", "are", "of", "to", "in", "it", "I", "you", "me", "that", "for", "can"}

QUESTION_WORDS = {"what", "what's", "how", "i", "me", "please", "which", "there", "explain", "tell", "about", "should"}


@dataclass
class Family:
    id: str
    answer: str = ""
    questions: list = field(default_factory=list)  # those of each line, a list of lists
    templated: list = field(default_factory=list)

    def all_questions(self):
        return list(dict.fromkeys([q for line in self.questions for q in line] + self.templated))

    def ask(self, rng):
        """Returns a question, varied. Each Q or W line is equally likely, however many questions it expands to."""
        templated = self.templated and rng.random() < 0.45
        return vary(rng.choice(self.templated if templated else rng.choice(self.questions)), rng)


def expand(pattern):
    """Returns every text that a pattern with (a|b) alternatives stands for. Alternatives may be nested."""
    match = re.search(r"\(([^()]*)\)", pattern)
    if not match:
        return [re.sub(r"\s+", " ", pattern).strip()]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [text for choice in match.group(1).split("|") for text in expand(before + choice + after)]


def lines(path):
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]


def words(name):
    return [word.strip() for line in lines(CORPUS / "words" / f"{name}.txt") for word in line.split(", ") if word.strip()]


def families():
    """Returns all families in the order of their files. A ValueError names the faults of the corpus."""
    templates = lines(CORPUS / "templates.txt")
    found = {}
    for path in sorted(CORPUS.glob("*.fam")):
        family = None
        for line in lines(path):
            kind, text = line[0], line[1:].strip()
            if kind == "=":
                if text in found:
                    raise ValueError(f"{path.name}: family {text} exists twice")
                family = found[text] = Family(text)
            elif kind == "A":
                family.answer = text
            elif kind == "Q":
                family.questions.append(expand(text))
            elif kind == "T":
                for term in expand(text):
                    bare = re.sub(r"^(a|an|the) ", "", term)
                    family.templated += [q for t in templates for q in expand(t.replace("*", term).replace("~", bare))]
            elif kind == "W":
                name, pattern = text.split(":", 1)
                family.questions.append([q for w in words(name) for q in expand(pattern.replace("*", w))])
            else:
                raise ValueError(f"{path.name}: a line begins with =, A, Q, T or W, not: {line}")
    written = {normal(question) for family in found.values() for line in family.questions for question in line}
    for family in found.values():
        family.templated = [q for q in dict.fromkeys(family.templated) if normal(q) not in written]
        if not family.answer or not family.questions:
            raise ValueError(f"family {family.id} has no answer or no questions")
    check_unambiguous(found.values())
    return list(found.values())


def check_unambiguous(all_families):
    owner, faults = {}, []
    for family in all_families:
        for question in family.all_questions():
            other = owner.setdefault(normal(question), family.id)
            if other != family.id:
                faults.append(f"'{question}' is asked in {other} and in {family.id}")
    if faults:
        raise ValueError("\n  ".join(["ambiguous:", *faults]))


def normal(question):
    """Returns the words of a question in lower case. Questions with the same words count as the same question."""
    return " ".join(re.findall(r"[a-z0-9]+", question.lower()))


def held_out():
    """Returns each held-out question with the id of its family."""
    return [tuple(line.split("\t")) for line in lines(HERE / "held-out.tsv")]


def check_held_out(all_families):
    """Returns the held-out questions. A ValueError names those that are in the corpus or have an unknown family."""
    asked = {normal(q): f.id for f in all_families for q in f.all_questions()}
    ids = {f.id for f in all_families}
    faults = [f"also in {asked[normal(q)]}: {q}" for q, _ in held_out() if normal(q) in asked]
    faults += [f"unknown family {name}: {q}" for q, name in held_out() if name not in ids]
    if faults:
        raise ValueError("held-out.tsv:\n  " + "\n  ".join(faults))
    return {normal(q) for q, _ in held_out()}


def slip(word, rng):
    """Makes one typing error: drops a letter, doubles it, or swaps it with the next one."""
    if len(word) < 5:
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def loosen(parts, rng):
    """Adds a filler to a question, or drops one of its small words."""
    small = [at for at, word in enumerate(parts) if word in SMALL_WORDS]
    if len(parts) > 3 and small and rng.random() < 0.5:
        parts.pop(rng.choice(small))
    else:
        parts.insert(rng.randint(1, len(parts)), rng.choice(FILLERS))
    return " ".join(parts)


def keywords(text, rng):
    """Turns a question into keywords, as for a search engine: drops the small words and sometimes shuffles the others."""
    kept = [word for word in text.split(" ") if word.lower() not in SMALL_WORDS | QUESTION_WORDS]
    if len(kept) < 2:
        return text
    if rng.random() < 0.3:
        rng.shuffle(kept)
    return " ".join(kept)


def vary(question, rng: random.Random):
    """Varies a question the way people type."""
    text = question.rstrip("?.! ")
    if rng.random() < 0.5:
        text = LIKENESS.sub(lambda m: rng.choice(ALIKE[m[0].lower()]) if rng.random() < 0.4 else m[0], text)
    if rng.random() < 0.25:
        text = loosen(text.split(" "), rng)
    elif rng.random() < 0.1:
        text = keywords(text, rng)
    if rng.random() < 0.25:
        text = rng.choice(PREFIXES) + " " + text
    if rng.random() < 0.08:
        text = (text + " " + rng.choice(SUFFIXES)).replace(" ,", ",")
    if rng.random() < 0.12:
        parts = text.split(" ")
        at = rng.randrange(len(parts))
        parts[at] = slip(parts[at], rng)
        text = " ".join(parts)
    case = rng.random()
    if case < 0.3:
        text = text.lower()
    elif case < 0.95:
        text = text[0].upper() + text[1:]
    elif case < 0.97:
        text = text.upper()
    return text + rng.choice(["?", "?", "?", "", "", ".", "!", " ?"])
