"""`infra/events.sh`, run with an `az` that answers as the tests say: a deployment that would lose events fails."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from operate.replaying import feeds_of
from shared.agreements.registry import load_agreements
from tests.unit.infra.cloud import deploy_events
from tests.unit.infra.templates import ROOT

FEEDS = feeds_of(load_agreements())
AZ = """#!/bin/sh
echo "$*" >> "$AZ/asked"
case "$1 $2 $3" in
  "deployment group create")
    left=$(cat "$AZ/failures")
    if [ "$left" -gt 0 ]; then echo $((left - 1)) > "$AZ/failures"; echo "no key yet" >&2; exit 3; fi
    cat "$AZ/feeds" ;;
  "functionapp function list") cat "$AZ/functions" ;;
  "eventgrid system-topic event-subscription") cat "$AZ/subscriptions" ;;
  *) exit 9 ;;
esac
"""


@dataclass
class Azure:
    """What `az` says, in its own text form (`--output tsv`)."""

    functions: dict[str, str] = field(default_factory=lambda: dict.fromkeys((*FEEDS.values(), "disposal"), "false"))
    subscriptions: list[str] = field(default_factory=lambda: list(FEEDS))
    failures: int = 0
    """How often the deployment is refused."""

    def run(self, folder: Path) -> subprocess.CompletedProcess[str]:
        programs = folder / "bin"
        programs.mkdir()
        for name, text in (("az", AZ), ("sleep", "#!/bin/sh\n")):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        (folder / "feeds").write_text("".join(f"{feed} {function}\n" for feed, function in FEEDS.items()))
        (folder / "functions").write_text("".join(f"app/{name} {off}\n" for name, off in self.functions.items()))
        (folder / "subscriptions").write_text("".join(f"{name}\n" for name in self.subscriptions))
        (folder / "failures").write_text(f"{self.failures}\n")
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "AZ": str(folder),
            "AZURE_RESOURCE_GROUP": "group",
            "EXCHANGE_ACCOUNT": "account",
            "EXCHANGE_TOPIC": "topic",
            "EXCHANGE_FUNCTION_APP": "app",
            "EXCHANGE_PRIVATE_NETWORK": "false",
        }
        script = ["sh", "infra/events.sh"]
        return subprocess.run(
            script, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.partition(":")[0] for line in done.stderr.splitlines() if line.startswith("EVT-")]


pytestmark = pytest.mark.outside


def test_where_all_match_the_deployment_succeeds_and_says_nothing(tmp_path: Path) -> None:
    done = Azure().run(tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert "--template-file infra/bicep/events.bicep" in asked[0]
    assert "functionAppName=app" in asked[0]


def test_the_key_may_come_a_little_later(tmp_path: Path) -> None:
    assert Azure(failures=2).run(tmp_path).returncode == 0


def test_subscriptions_that_cannot_be_made_fail_the_deployment(tmp_path: Path) -> None:
    done = Azure(failures=9).run(tmp_path)

    assert done.returncode == 1
    assert "were not made" in done.stderr


def test_a_function_that_the_app_does_not_have_fails_the_deployment(tmp_path: Path) -> None:
    azure = Azure()
    del azure.functions["drop_lambeth"]
    azure.functions |= {"drop_lambeth_old": "false", "xdrop_lambeth": "false"}

    done = azure.run(tmp_path)

    assert (done.returncode, codes(done)) == (1, ["EVT-014"])
    assert "drop-lambeth names the function drop_lambeth" in done.stderr


def test_a_function_that_is_disabled_is_said(tmp_path: Path) -> None:
    azure = Azure()
    azure.functions["request"] = "true"

    done = azure.run(tmp_path)

    assert (done.returncode, codes(done)) == (0, ["EVT-016"])


def test_a_party_without_a_subscription_fails_the_deployment(tmp_path: Path) -> None:
    azure = Azure()
    azure.subscriptions.remove("drop-southwark")

    done = azure.run(tmp_path)

    assert (done.returncode, codes(done)) == (1, ["EVT-015"])
    assert "drop-southwark" in done.stderr


def test_a_subscription_of_nobody_fails_the_deployment(tmp_path: Path) -> None:
    azure = Azure()
    azure.subscriptions += ["drop-nobody", "drop-lambeth-old"]

    done = azure.run(tmp_path)

    assert (done.returncode, codes(done)) == (1, ["EVT-019"] * 2)


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    done = Azure(functions={}, subscriptions=[]).run(tmp_path)

    assert done.returncode == 1
    assert sorted(set(codes(done))) == ["EVT-014", "EVT-015"]
    assert len(codes(done)) == 2 * len(FEEDS)


@pytest.mark.parametrize("private", [False, True])
def test_the_template_tells_the_script_every_feed_with_the_function_that_the_code_gives_it(private: bool) -> None:
    outputs = deploy_events(private=private)

    assert {one["name"]: one["function"] for one in json.loads(json.dumps(outputs["feeds"]))} == FEEDS
