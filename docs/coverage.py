#!/usr/bin/env python3
"""Makes docs/Coverage.md: for each function of MPI 3.1, what it is in Swift.

    docs/coverage.py            writes the table
    docs/coverage.py --check    fails where the table is out of date, or a function is neither there nor excused

A function counts as called where a public declaration names it in its documentation ("The corresponding C function
is `MPI_Send` …") and the sources call it; as served where a public declaration does what it does by another function. docs/mpi31-functions.txt lists the functions of MPI 3.1 that are neither
deprecated nor part of the Fortran or tools interface.
"""

import re
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
page = root / "docs/Coverage.md"

# What is never called, since another function does the same and more: what it is in Swift, and which that is.
SERVED = {
    "MPI_Dims_create": ("Dimensions.balanced(_:axes:)", "a computation of our own: Open MPI's is not balanced"),
    "MPI_Get_elements": ("Status.count(of:)", "`MPI_Get_elements_x`"),
    "MPI_Ialltoallv": ("Immediate.allToAll(_:into:sending:receiving:)", "`MPI_Ialltoallw`"),
    "MPI_Ineighbor_allgatherv": ("Immediate.neighborAllGather(_:into:counts:)", "`MPI_Ineighbor_alltoallw`"),
    "MPI_Ineighbor_alltoallv": (
        "Immediate.neighborAllToAll(_:into:sending:receiving:)", "`MPI_Ineighbor_alltoallw`"),
    "MPI_Init": ("run(threading:_:)", "`MPI_Init_thread`"),
    "MPI_Neighbor_allgatherv": ("TopologyCommunicator.neighborAllGather(_:counts:)", "`MPI_Neighbor_alltoallw`"),
    "MPI_Neighbor_alltoallv": ("TopologyCommunicator.neighborAllToAll(_:sending:)", "`MPI_Neighbor_alltoallw`"),
    "MPI_Type_get_true_extent": ("Layout.trueByteBounds", "`MPI_Type_get_true_extent_x`"),
    "MPI_Type_size": ("Layout.byteCount", "`MPI_Type_size_x`"),
}

# What is absent, and why.
ABSENT = {
    "MPI_Register_datarep": "neither Open MPI 4.1 nor MPICH 4.0 calls conversion functions",
    "MPI_Type_match_size": "Swift's types have their sizes in their names",
}


def code(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = "\n".join(line.split("//")[0] for line in text.splitlines())
    return re.sub(r'"[^"\n]*"', "", text)


def parameters(signature):
    """The labels of a parameter list that begins after its parenthesis."""
    depth, labels, start = 0, [], 0
    parts = []
    for index, character in enumerate(signature):
        if character in "([{<":
            depth += 1
        elif character in ")]}>" and not signature[index - 1] == "-":
            if depth == 0:
                parts.append(signature[start:index])
                break
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(signature[start:index])
            start = index + 1
    for part in parts:
        word = re.match(r"\s*(?:@\w+\s+)*([\w`]+)", part)
        if word:
            labels.append(word.group(1).strip("`") + ":")
    return "".join(labels)


def swift_name(lines, index, owner):
    """The name of the declaration that begins at a line, as documentation writes it."""
    text = " ".join(line.strip() for line in lines[index : index + 12])
    text = re.sub(r"@_?\w+(\([^)]*\))?\s+", "", text)
    found = re.search(
        r"\b(func|init|subscript|var|let|case|struct|class|enum|protocol|typealias)\b\s*([\w`]+|==|<|\?)?", text)
    if not found:
        return None
    kind, name = found.group(1), found.group(2) or ""
    if kind == "class" and name in ("func", "var"):
        return None
    if kind in ("struct", "class", "enum", "protocol", "typealias"):
        return name
    rest = text[found.end() :]
    if kind in ("init", "subscript"):
        name, rest = kind, text[text.index(kind) + len(kind) :]
    if kind in ("func", "init", "subscript"):
        rest = re.sub(r"^[?!]?<[^(]*>", "", rest).lstrip("?! ")
        name += "(" + parameters(rest[1:]) + ")" if rest.startswith("(") else "()"
    return f"{owner}.{name}" if owner else name


def documented():
    """For each C function the Swift declarations whose documentation names it."""
    result = {}
    for path in sorted((root / "Sources/MPI").rglob("*.swift")):
        lines = path.read_text().splitlines()
        owner, comment, fresh = "", [], False
        for index, line in enumerate(lines):
            stripped = line.strip()
            if stripped.startswith("///"):
                comment = (comment if fresh else []) + [stripped[3:].strip()]
                fresh = True
                continue
            opened = re.match(r"(?:@\S+ )*(?:public |final |open )*(extension|struct|class|enum|protocol)\s+([\w.]+)", line)
            if comment and stripped:
                if stripped.startswith("@") and not re.search(r"\b(func|init|var|let|struct|class|enum|subscript)\b", line):
                    continue
                text = " ".join(comment)
                sentence = re.search(r"corresponding C (?:function|constant|type|macro)s?\b.*$", text)
                name = swift_name(lines, index, "" if opened else (owner if line.startswith(" ") else ""))
                is_public = "public" in line or re.match(r"\s+(func|init|case|static|var)", line)
                if sentence and name and is_public:
                    for function in re.findall(r"MPI_[A-Z][a-z]\w*", sentence.group(0)):
                        result.setdefault(function, [])
                        if name not in result[function]:
                            result[function].append(name)
            if stripped:
                comment, fresh = [], False
            if opened:
                owner = opened.group(2)
            elif line.startswith("}"):
                owner = ""
    return result


def called():
    """The C functions that the sources call."""
    result = set()
    for path in [*(root / "Sources/MPI").rglob("*.swift"), *(root / "Sources/CMPI").glob("*.h")]:
        text = code(path.read_text())
        result |= set(re.findall(r"\bP?(MPI_[A-Z]\w*)\s*\(", text))
        # Handed over as functions, or wrapped in a macro that pastes names.
        result |= set(re.findall(r"\b(MPI_[A-Z][a-z]\w*)\b", text))
    return result


def table():
    functions = (root / "docs/mpi31-functions.txt").read_text().split()
    swift, calls = documented(), called()
    problems, rows, covered, served = [], [], 0, 0
    declared = {name for names in swift.values() for name in names}
    for function in sorted(functions):
        names = swift.get(function)
        if function in ABSENT or function in SERVED:
            if names and function in calls:
                problems.append(f"{function} is called, and said not to be")
            if function in SERVED:
                served += 1
                name, instead = SERVED[function]
                if name not in declared:
                    problems.append(f"{function} is served by {name}, which is not declared")
                rows.append(f"| `{function}` | `{name}`, by {instead} |")
            else:
                rows.append(f"| `{function}` | absent: {ABSENT[function]} |")
        elif not names:
            problems.append(f"{function} is named by no public declaration's documentation")
        elif function not in calls:
            problems.append(f"{function} is documented at {names[0]}, but never called")
        else:
            covered += 1
            shown = ", ".join(f"`{name}`" for name in names[:3]) + (", …" if len(names) > 3 else "")
            rows.append(f"| `{function}` | {shown} |")
    text = "\n".join(
        [
            "# Coverage",
            "",
            f"Of the {len(functions)} functions of MPI 3.1 that are neither deprecated nor part of the Fortran or tools",
            f"interface, {covered + served} are reached by typed Swift: {covered} are called, and what {served} others do is done by",
            "another function, mostly one that knows no limit of counts; the table says which. Made by `docs/coverage.py` from the",
            "documentation of the sources; CI fails where this page is out of date.",
            "",
            "| MPI 3.1 | Swift |",
            "|---|---|",
            *rows,
            "",
        ]
    )
    return text, problems, f"{covered} called, {served} served by others, of {len(functions)} functions of MPI 3.1"


def main():
    text, problems, summary = table()
    for problem in problems:
        print(f"coverage: {problem}", file=sys.stderr)
    if "--check" in sys.argv:
        if page.read_text() != text:
            problems.append("old")
            print("coverage: docs/Coverage.md is out of date: run docs/coverage.py", file=sys.stderr)
    else:
        page.write_text(text)
    print(summary)
    sys.exit(1 if problems else 0)


main()
