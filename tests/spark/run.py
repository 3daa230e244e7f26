"""The recipes for Spark and for plain Java, run as they stand in docs/users/examples: `make spark`.

Not part of `make test`.

A fresh machine may have no JDK, and pyspark is large; where either is missing this says NOT RUN and exits with 2.
With `SPARK_PYTHON=…/bin/python` it runs with another pyspark than that of `.venv-spark`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from shared.agreements.free_school_meals.contracts import PUPILS
from shared.kernel.contract.validate import validate
from shared.kernel.envelope.keys import Use
from shared.kernel.errors import UntrustedDrop
from tests.examples import EXAMPLES, example
from tests.unit.kernel.envelope.houses import AGREEMENT, NOON, House, build_house
from tests.world import pupil, table

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(os.environ.get("SPARK_PYTHON", ROOT / ".venv-spark" / "bin" / "python"))
ROWS = 2_000
WANTED = {
    "misspelt": "ValueError: NOT SEALED",
    "parts": "ValueError: too many values to unpack",
    "unknown": "ValueError: not in the dataset: ethnicity",
    "not a date": "DateTimeException",
}
"""How each mistake has to end."""


def main() -> int:
    """Exit code: 0 all is as it should be, 1 it is not, 2 not run."""
    if not (javac := shutil.which("javac")) or not (jar := shutil.which("jar")):
        return not_run("no JDK (javac, jar) is on the path")
    if not PYTHON.is_file() or subprocess.run([PYTHON, "-c", "import pyspark"], capture_output=True).returncode:
        return not_run("there is no pyspark in the environment for it; `make spark` installs one")
    with tempfile.TemporaryDirectory() as folder:
        return check(Path(folder), javac, jar)


def not_run(why: str) -> int:
    """Say so, and do not pass for a success."""
    sys.stdout.write(f"NOT RUN: {why}.\n")
    return 2


def check(folder: Path, javac: str, jar: str) -> int:
    """Let Spark seal, and open through the gates what it sealed."""
    house = build_house("ring", folder / "keys")
    wanted = lay_out(folder, house)
    version = build(folder, javac, jar)
    command = [str(spark_home() / "bin" / "spark-submit"), "--jars", "drop-kms.jar"]
    environment = {**os.environ, "PYSPARK_PYTHON": str(PYTHON), "SPARK_HOME": str(spark_home())}
    job = [*command, str(ROOT / "tests" / "spark" / "jobs.py"), str(EXAMPLES)]
    done = subprocess.run(job, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if " INFO " not in line]
        sys.stdout.write("\n".join(said[-60:]) + "\n")
        return 1
    said = json.loads((folder / "said.json").read_bytes())
    seal_without_spark(folder)
    problems = [f"{name}: {said[name][:200]!r}" for name, start in WANTED.items() if start not in said[name]]
    for name in ("recipe", "rotated", "summer", "java"):
        try:
            rows = opened(house, folder / f"{name}.parquet")
        except UntrustedDrop as refusal:
            problems.append(f"{name}: {refusal}")
            continue
        expected = wanted if name != "summer" else in_summer(wanted)
        if not rows.select(expected.column_names).equals(expected):
            problems.append(f"{name}: other rows came out than went in")
        if validate(rows, PUPILS, as_of=NOON.date(), stale_after_days=60).rows_rejected:
            problems.append(f"{name}: rows are rejected")
    sys.stdout.write(
        "\n".join(problems or [f"Sealed by {version}: accepted, every row; every mistake is told."]) + "\n"
    )
    return 1 if problems else 0


def lay_out(folder: Path, house: House) -> pa.Table:
    """Two drop keys, the empty files and a CSV; the rows that are in it."""
    keys = house.exchange
    (folder / "a.json").write_bytes(keys.export_public("lambeth", Use.DROP))
    first = keys.current("lambeth", Use.DROP)
    keys.create_key("lambeth", Use.DROP)
    both = json.loads(keys.export_public("lambeth", Use.DROP))["keys"]
    (folder / "b.json").write_text(json.dumps({"keys": [key for key in both if key["kid"] != first]}))
    house.boroughs["lambeth"].import_public((folder / "b.json").read_bytes())
    shutil.copy(ROOT / "docs" / "users" / "datasets" / "pupils.parquet", folder)
    rows = table("pupils", [pupil(n, surname=f"Okafor{'-Żak' * (n % 3)}") for n in range(1, ROWS + 1)])
    csv.write_csv(rows, folder / "pupils.csv")
    pq.write_table(rows, folder / "pupils-plain.parquet")
    return rows


def seal_without_spark(folder: Path) -> None:
    """What `Seal.java` makes of the same rows."""
    key = json.loads((folder / "a.json").read_bytes())["keys"][0]
    command = [
        "java",
        "-cp",
        f"{spark_home() / 'jars'}/*:classes",
        "exchange.Seal",
        "pupils-plain.parquet",
        "java.parquet",
    ]
    subprocess.run([*command, key["kid"], key["n"], key["e"]], cwd=folder, check=True, capture_output=True)


def in_summer(rows: pa.Table) -> pa.Table:
    """The rows, all born on the first of July."""
    days = pa.array([date(2015, 7, 1)] * rows.num_rows, pa.date32())
    return rows.set_column(rows.schema.get_field_index("dob"), "dob", days)


def build(folder: Path, javac: str, jar: str) -> str:
    """Compile the classes as Java 8 would; which parquet-java it is for."""
    jars = spark_home() / "jars"
    sources = [EXAMPLES / name for name in ("DropKms.java", "Seal.java")]
    compile_them = [
        javac,
        "--release",
        "8",
        "-Xlint:-options",
        "-Werror",
        "-cp",
        f"{jars}/*",
        "-d",
        "classes",
        *sources,
    ]
    subprocess.run(compile_them, cwd=folder, check=True)
    subprocess.run([jar, "cf", "drop-kms.jar", "-C", "classes", "exchange"], cwd=folder, check=True)
    [parquet] = jars.glob("parquet-hadoop-1*.jar")
    return parquet.stem.replace("hadoop", "java")


def spark_home() -> Path:
    """Where pyspark keeps Spark."""
    [home] = PYTHON.parent.parent.glob("lib/python*/site-packages/pyspark")
    return home


def opened(house: House, path: Path) -> pa.Table:
    """Sign the file as the example sender does and take it through every gate."""
    sealed, keys = path.read_bytes(), house.boroughs["lambeth"]
    key_id = next(key.key_id for key in house.exchange.held("lambeth", Use.DROP) if key.key_id.encode() in sealed)
    facts = {
        "sender": "lambeth",
        "agreement": AGREEMENT.id,
        "agreement_version": AGREEMENT.version,
        "dataset": "pupils",
        "collection": "2026-autumn",
        "rows": ROWS,
        "key_id": key_id,
        "signing_key_id": keys.current("lambeth", Use.SIGN),
        "prepared_at": NOON.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }

    class Signing:
        def sign(self, message: bytes) -> bytes:
            return keys.sign(facts["signing_key_id"], message)

    return house.opened(sealed, example("sender").sign(sealed, facts, Signing())).table


if __name__ == "__main__":
    sys.exit(main())
