"""What pandas, DuckDB and Python's fractions say of CSV files: the reference of the tests of `pcompute stats`.

    python3 reference.py FOLDER

Makes a virtual environment in FOLDER, with pinned packages, puts CSV files there (real ones from vega_datasets, and
generated ones with all that is odd), and writes FOLDER/expected.json. Ends with status 77 where the packages cannot
be had.
"""

import json
import os
import subprocess
import sys

PACKAGES = ["pandas==3.1.1", "duckdb==2.0.0", "vega_datasets==0.9.0"]


def in_environment(folder):
    """Goes on in the virtual environment, which is made where it is missing."""
    python = os.path.join(folder, "venv", "bin", "python")
    done = os.path.join(folder, "venv", "done")
    wanted = "\n".join(PACKAGES)
    if not os.path.exists(done) or open(done).read() != wanted:
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", os.path.join(folder, "venv")], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"cannot install {wanted}: {error}", file=sys.stderr)
            sys.exit(77)
        with open(done, "w") as file:
            file.write(wanted)
    os.execv(python, [python, os.path.abspath(__file__), folder])


def exact(values):
    """Mean and sample standard deviation, each rounded once."""
    from decimal import Decimal, localcontext
    from fractions import Fraction

    fractions = [Fraction(value) for value in values]
    mean = sum(fractions) / len(fractions)
    if len(fractions) < 2:
        return float(mean), None
    variance = sum((value - mean) ** 2 for value in fractions) / (len(fractions) - 1)
    with localcontext() as context:
        context.prec = 80
        deviation = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
    return float(mean), float(deviation)


def describe(path, **options):
    """What pandas finds in a file, column by column."""
    import numpy
    import pandas

    frame = pandas.read_csv(
        path, keep_default_na=False, na_values=[""], skip_blank_lines=True, encoding="utf-8-sig",
        **options)
    columns = []
    for name in frame.columns:
        column = frame[name]
        values = column.dropna()
        counts = values.value_counts()
        kind = "string"
        if len(values) == 0:
            kind = "empty"
        elif values.dtype == bool or set(values.unique()) <= {True, False} and values.dtype == object:
            kind = "boolean"
        elif pandas.api.types.is_numeric_dtype(values):
            # A missing value makes pandas read integers as floats.
            kind = "number" if pandas.api.types.is_float_dtype(values) else "integer"
        entry = {
            "name": str(name), "kind": kind, "count": int(len(values)), "missing": int(column.isna().sum()),
            "distinct": int(values.nunique()),
        }
        if kind in ("number", "integer"):
            entry["mean"], entry["standardDeviation"] = exact(values.tolist())
            entry["min"], entry["max"] = float(values.min()), float(values.max())
            entry["sorted"] = sorted(float(value) for value in values)
            entry["quantiles"] = {str(q): float(numpy.quantile(values.astype(float), q)) for q in (0.1, 0.25, 0.5, 0.75)}
        elif kind == "string":
            texts = [str(value) for value in values]
            entry["min"], entry["max"] = min(texts, key=str.encode), max(texts, key=str.encode)
            entry["counts"] = {str(value): int(count) for value, count in counts.items()}
        columns.append(entry)
    return {"rows": len(frame), "columns": columns}


def summarize(path):
    """What DuckDB finds in a file."""
    import duckdb

    rows = duckdb.execute(
        "select column_name, min, max, avg, std, count, null_percentage from "
        f"(summarize select * from read_csv('{path}', header = true))").fetchall()
    return [
        {"name": row[0], "min": row[1], "max": row[2], "avg": row[3], "std": row[4], "count": int(row[5]),
         "nullPercentage": float(row[6])} for row in rows]


def odd(path):
    """All that is odd in a file, so that pandas reads it too."""
    import random

    generator = random.Random(7)
    fields = ["plain", "", '""', '"with, comma"', '"with\nnewline"', '"with\r\nboth"', '"a ""quoted"" word"', '""""',
              '"ends in quote"""', 'in"side', "é", '"ü,\n"', "  spaces  ", "'", '",\n"""']
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        file.write('"id","odd ""name""",number,"line\nbreak"\r\n')
        for row in range(3000):
            number = generator.choice(["", repr(generator.gauss(0, 1e3)), str(generator.randint(-99, 99)), "1e-5",
                                       repr(generator.random() * 10.0 ** generator.randint(-300, 300))])
            end = "\n" if row % 7 else "\r\n"
            file.write(f"{row},{generator.choice(fields)},{number},{generator.choice(fields)}{end}")
            if row % 500 == 3:
                file.write("\r\n")
        file.write('3000,last,1.5,"no newline"')


def numbers(path):
    """Numbers that are hard to sum and to parse, more of them than a sketch holds exactly."""
    import random

    generator = random.Random(8)
    with open(path, "w") as file:
        file.write("wide;tiny;near;integer;big\n")
        for _ in range(20000):
            wide = generator.choice([-1, 1]) * generator.random() * 10.0 ** generator.randint(-100, 100)
            file.write(f"{wide!r};{generator.random() * 5e-322!r};{1e9 + generator.random()!r};"
                       f"{generator.randint(-1000, 1000)};{generator.randint(-2**62, 2**62)}\n")


def orders(path):
    """Records in groups of very different sizes, with all that may be missing or odd."""
    import random

    generator = random.Random(9)
    kinds = ["a", "b", '"c, d"', '"e ""f"""', "", "g\u00fc", " a"] + [f"rare{i}" for i in range(2500)]
    with open(path, "w", newline="") as file:
        file.write('id,kind,"price, net",day,amount\n')
        for row in range(20000):
            kind = kinds[min(int(generator.expovariate(0.004)), len(kinds) - 1)] if row % 3 else generator.choice(kinds[:7])
            price = "" if row % 11 == 5 else repr(generator.gauss(50, 40) * 10.0 ** generator.choice([0, 0, 0, -30, 30]))
            day = "" if row % 13 == 2 else f"2024-{generator.randint(1, 12):02}-{generator.randint(1, 28):02}"
            amount = "" if row % 7 == 3 else str(generator.choice([generator.randint(-9, 9), generator.randint(-2**60, 2**60)]))
            file.write(f"{row},{kind},{price},{day},{amount}\n")


def groups(path, meets):
    """The groups of records that meet a condition, with sums rounded once."""
    import csv
    from fractions import Fraction

    found = {}
    with open(path, newline="") as file:
        for record in csv.DictReader(file):
            if meets(record):
                found.setdefault(record["kind"], []).append(record)
    result = []
    for kind, records in found.items():
        entry = {"value": kind or None, "count": len(records), "columns": []}
        for name, read in (("id", int), ("price, net", float), ("amount", int)):
            values = [read(record[name]) for record in records if record[name]]
            total = sum(Fraction(value) for value in values)
            entry["columns"].append({
                "name": name, "count": len(values), "sum": float(total) if values else None,
                "mean": float(total / len(values)) if values else None,
                "min": float(min(values)) if values else None, "max": float(max(values)) if values else None})
        result.append(entry)
    # A missing value comes before all others.
    result.sort(key=lambda entry: (-entry["count"], (entry["value"] or "").encode()))
    return {"rows": sum(entry["count"] for entry in result), "count": len(result), "largest": result[:300]}


def main(folder):
    import vega_datasets

    data = os.path.join(os.path.dirname(vega_datasets.__file__), "_data")
    expected = {}
    for name in ("airports", "la-riots", "seattle-temps", "seattle-weather", "sf-temps", "stocks", "us-employment"):
        path = os.path.join(folder, name + ".csv")
        with open(os.path.join(data, name + ".csv"), "rb") as source, open(path, "wb") as target:
            target.write(source.read())
        expected[name] = describe(path) | {"duckdb": summarize(path), "delimiter": ","}
    odd(os.path.join(folder, "odd.csv"))
    expected["odd"] = describe(os.path.join(folder, "odd.csv")) | {"delimiter": ","}
    numbers(os.path.join(folder, "numbers.csv"))
    expected["numbers"] = describe(os.path.join(folder, "numbers.csv"), sep=";") | {"delimiter": ";"}
    path = os.path.join(folder, "orders.csv")
    orders(path)
    conditions = {
        "": lambda record: True,
        "`price, net` > 20 && day >= \"2024-03-01\"":
            lambda record: record["price, net"] and float(record["price, net"]) > 20 and record["day"] >= "2024-03-01",
        "amount == null || kind != 'a' && day < '2024-02-15'":
            lambda record: not record["amount"] or record["kind"] != "a" and "" < record["day"] < "2024-02-15",
    }
    with open(os.path.join(folder, "groups.json"), "w") as file:
        json.dump({text: groups(path, meets) for text, meets in conditions.items()}, file)
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    if os.path.realpath(sys.prefix) != os.path.realpath(os.path.join(sys.argv[1], "venv")):
        in_environment(sys.argv[1])
    main(sys.argv[1])
