#!/usr/bin/env python3
"""Counts the public interface of the module MPI, and checks its documentation.

    docs/interface.py            prints the counts
    docs/interface.py --check    fails where a limit is passed, or a doc comment lacks something

What a doc comment must say: a function that throws, what it throws, or where that stands ("Throws:", or a
reference to another symbol); a collective, its shape, or where that stands; each verb, its C function.
"""

import argparse
import collections
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Sources" / "MPI"

# The verbs that were multiplied before there were operands, and all that a program calls most.
VERBS = """send receive sendReceive probe matchedProbe barrier broadcast gather scatter allGather allToAll reduce
allReduce reduceScatter scan exclusiveScan neighborAllGather neighborAllToAll put get accumulate getAccumulate read
write pack""".split()
COLLECTIVES = """broadcast gather scatter allGather allToAll reduce allReduce reduceScatter scan exclusiveScan
neighborAllGather neighborAllToAll""".split()

# The most that there may be. A change that needs more says why, and moves it. The overloads are to become fewer: what
# multiplies them is that storage (`&array`) and views (`array.mutableSpan`) are two forms of each verb that receives.
OVERLOADS = 284
PARAMETERS = 7
UNSAFE = 1500

FUNCTION = re.compile(r"^\s*(?P<modifiers>[^/\n]*?)\bfunc\s+(?P<name>`?\w+`?|[^\s\w(]+)", re.M)
ATTRIBUTE = re.compile(r"@\w+(\((?:[^()]|\([^()]*\))*\))?")


class Function:
    """A public function, as it stands in a file."""

    def __init__(self, path, text, match):
        self.path = path
        self.line = text.count("\n", 0, match.start("name")) + 1
        self.name = match["name"].strip("`")
        head = text[match.end():]
        self.parameters = parameters(head)
        body = re.search(r"\{", after_parameters(head))
        self.signature = after_parameters(head)[: body.start() if body else 0]
        self.throws = bool(re.search(r"\bthrows\b", self.signature))
        lines = text[: match.start()].split("\n")
        comments, attributes = [], [match["modifiers"]]
        while lines:
            line = lines.pop().strip()
            if line.startswith("///"):
                comments.append(line[3:].strip())
            elif line.startswith("@") or (line and not comments and not line.endswith(("}", "{"))):
                attributes.append(line)
            elif line or comments:
                break
        self.comment = "\n".join(reversed(comments))
        self.attributes = " ".join(reversed(attributes))
        self.isUnavailable = "unavailable" in self.attributes

    def where(self):
        return f"{self.path.relative_to(FOLDER.parent.parent)}:{self.line}: {self.name}"


def balanced(text, start):
    """The end of what a parenthesis opens at `start`."""
    depth = 0
    for index in range(start, len(text)):
        if text[index] in "([{":
            depth += 1
        elif text[index] in ")]}":
            depth -= 1
            if depth == 0:
                return index
    return len(text)


def opening(head):
    """Where the parameters begin, behind generic parameters."""
    depth = 0
    for index, character in enumerate(head):
        if character == "<":
            depth += 1
        elif character == ">" and head[index - 1] != "-":
            depth -= 1
        elif character == "(" and depth == 0:
            return index
    return len(head)


def after_parameters(head):
    return head[balanced(head, opening(head)) + 1:]


def parameters(head):
    """The number of parameters of a function."""
    start = opening(head)
    inside = head[start + 1: balanced(head, start)]
    if not inside.strip():
        return 0
    depth, count = 0, 1
    for index, character in enumerate(inside):
        if character in "([{<":
            depth += 1
        elif character in ")]}" or (character == ">" and inside[index - 1] != "-"):
            depth -= 1
        elif character == "," and depth == 0 and inside[index + 1:].strip():
            count += 1
    return count


def functions():
    for path in sorted(FOLDER.rglob("*.swift")):
        text = path.read_text()
        for match in FUNCTION.finditer(text):
            if not re.search(r"\bpublic\b", match["modifiers"]):
                continue
            yield Function(path, text, match)


def faults(function):
    """What a doc comment does not say."""
    text = function.comment
    refers = "``" in text
    if not text:
        yield "has no doc comment"
        return
    if function.throws and not ("Throws:" in text or "rethrows" in function.signature or refers):
        yield "throws, and does not say what, nor where that stands"
    if function.name in COLLECTIVES and not ("Shape:" in text or refers):
        yield "is a collective, and says neither its shape, nor where that stands"
    if function.name in VERBS and not re.search(r"`(MPIX?_\w+)`|in C\b", text) and not refers:
        yield "does not name its C function"


def main():
    options = argparse.ArgumentParser(description="Counts the public interface of the module MPI.")
    options.add_argument("--check", action="store_true", help="fail where a limit is passed")
    options.add_argument("--verbs", action="store_true", help="print the overloads of each verb")
    arguments = options.parse_args()

    everything = list(functions())
    public = [function for function in everything if not function.isUnavailable]
    overloads = collections.Counter(function.name for function in public if function.name in VERBS)
    most = max(public, key=lambda function: function.parameters)
    sources = [path.read_text() for path in FOLDER.rglob("*.swift")]
    unsafe = sum(len(re.findall(r"\bunsafe\b", re.sub(r"//.*", "", text))) for text in sources)
    lines = sum(text.count("\n") for text in sources)
    print(f"public functions          {len(public)}")
    print(f"signposts (unavailable)   {len(everything) - len(public)}")
    print(f"overloads of {len(VERBS)} verbs     {sum(overloads.values())} (at most {OVERLOADS})")
    print(f"most parameters           {most.parameters} (at most {PARAMETERS}): {most.name}")
    print(f"unsafe                    {unsafe} (at most {UNSAFE})")
    print(f"lines                     {lines}")
    if arguments.verbs:
        print(", ".join(f"{name} {count}" for name, count in overloads.most_common()))

    problems = [f"{function.where()} {fault}" for function in public for fault in faults(function)]
    for function in public:
        if function.parameters > PARAMETERS:
            problems.append(f"{function.where()} has {function.parameters} parameters")
    if sum(overloads.values()) > OVERLOADS:
        problems.append(f"{sum(overloads.values())} overloads of {len(VERBS)} verbs; {OVERLOADS} are allowed")
    if unsafe > UNSAFE:
        problems.append(f"unsafe stands {unsafe} times; {UNSAFE} are allowed")
    if arguments.check:
        for problem in problems:
            print(f"✘ {problem}")
        sys.exit(1 if problems else 0)
    print(f"faults                    {len(problems)} (--check prints them)")


main()
