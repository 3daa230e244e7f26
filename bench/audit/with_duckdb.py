"""DuckDB over the same JSON: the core counts alone, with no ledger, no rules, no line numbers. Runs with the peers."""

import json
import sys

import duckdb

_COLUMNS = (
    "{time: 'VARCHAR', operationName: 'VARCHAR', statusCode: 'INTEGER', "
    "identity: 'STRUCT(requester STRUCT(objectId VARCHAR))', properties: 'STRUCT(objectKey VARCHAR)'}"
)


def main() -> None:
    """Count by operation, container, outcome and principal."""
    duckdb.execute("SET threads = 2")
    rows = duckdb.execute(
        f"""
        SELECT operationName, split_part(properties.objectKey, '/', 3) AS container, statusCode >= 400,
               identity.requester.objectId, count(*), min(time), max(time)
        FROM read_json('{sys.argv[1]}/logs/**/*.json', format = 'newline_delimited', columns = {_COLUMNS})
        GROUP BY ALL
        """
    ).fetchall()
    counts: dict[str, int] = {}
    for operation, container, failed, _, count, _, _ in rows:
        kind = "outbox" if container.endswith("-outbox") else container
        key = f"{operation} {kind} {'failed' if failed else 'done'}"
        counts[key] = counts.get(key, 0) + count
    first, last = min(row[5] for row in rows), max(row[6] for row in rows)
    core = {"counts": dict(sorted(counts.items())), "first": first[:19] + "Z", "last": last[:19] + "Z"}
    print(json.dumps({"core": core}))


if __name__ == "__main__":
    main()
