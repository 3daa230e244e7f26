"""A test that reaches out of its process without saying so fails, however it does it."""

from __future__ import annotations

import pytest

from tests.outside import WATCH

pytest_plugins = ["pytester"]

HOOKS = "from tests.outside import pytest_itemcollected, pytest_runtest_makereport, pytest_runtest_protocol"
UDP = "socket.AF_INET, socket.SOCK_DGRAM"
WAYS = {
    "a program": ("subprocess.run(['true'])", "subprocess.Popen"),
    "a shell": ("os.system('true')", "os.system"),
    "a fork": ("os.fork() or os._exit(0)", "os.fork"),
    "a connection": ("with socket.socket() as end: end.connect(('127.0.0.1', 9))", "socket.connect"),
    "a server": ("with socket.socket() as end: end.bind(('127.0.0.1', 0))", "socket.bind"),
    "a datagram": (f"with socket.socket({UDP}) as end: end.sendto(b'x', ('127.0.0.1', 9))", "socket.sendto"),
    "a name": ("socket.getaddrinfo('localhost', 80)", "socket.getaddrinfo"),
    "a library": ("http.client.HTTPConnection('127.0.0.1', 9).request('GET', '/')", "socket.getaddrinfo"),
}


def _run(pytester: pytest.Pytester, body: str) -> pytest.RunResult:
    pytester.makeconftest(HOOKS)
    pytester.makeini("[pytest]\nmarkers = outside")
    pytester.makepyfile(f"import http.client, os, socket, subprocess, threading\nimport pytest\n{body}")
    return pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider")


@pytest.mark.parametrize(("statement", "event"), WAYS.values(), ids=WAYS)
def test_what_reaches_out_without_the_mark_is_stopped(statement: str, event: str, pytester: pytest.Pytester) -> None:
    result = _run(pytester, f"def test_it():\n    {statement}")
    result.assert_outcomes(failed=1)
    assert f"ReachedOutside: {event}" in result.stdout.str()


def test_a_refusal_that_is_swallowed_fails_the_test_all_the_same(pytester: pytest.Pytester) -> None:
    swallowed = "    try:\n        subprocess.run(['true'])\n    except Exception:\n        pass"
    result = _run(pytester, f"def test_it():\n{swallowed}\ndef test_the_next():\n    pass")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*test_it tried subprocess.Popen, which only a test marked `outside` may*"])


def test_a_fixture_is_watched_too(pytester: pytest.Pytester) -> None:
    fixture = "@pytest.fixture\ndef made():\n    subprocess.run(['true'])\n"
    _run(pytester, f"{fixture}def test_it(made):\n    pass").assert_outcomes(errors=1)


@pytest.mark.outside
def test_what_is_marked_may_and_so_may_what_uses_the_emulator(pytester: pytest.Pytester) -> None:
    marked = "@pytest.mark.outside\ndef test_marked():\n    subprocess.run(['true'])\n"
    asks = "@pytest.fixture\ndef azurite():\n    subprocess.run(['true'])\ndef test_asks(azurite):\n    pass\n"
    _run(pytester, marked + asks).assert_outcomes(passed=2)


def test_files_threads_and_pairs_of_sockets_are_inside(pytester: pytest.Pytester) -> None:
    inside = (
        "    tmp_path.joinpath('x').write_text('y')",
        "    for end in socket.socketpair(): end.close()",
        "    thread = threading.Thread(target=list)",
        "    thread.start(), thread.join()",
    )
    _run(pytester, "def test_it(tmp_path):\n" + "\n".join(inside)).assert_outcomes(passed=1)


@pytest.mark.outside
def test_tests_of_another_folder_are_not_watched(pytester: pytest.Pytester) -> None:
    for folder in ("unit", "integration"):
        pytester.mkdir(folder).joinpath(f"test_{folder}.py").write_text(
            "import subprocess\ndef test_it():\n    subprocess.run(['true'])\n"
        )
    pytester.path.joinpath("unit/conftest.py").write_text(HOOKS)
    pytester.makeini("[pytest]\nmarkers = outside")
    result = pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED unit/test_unit.py::test_it*"])


def test_unit_tests_are_watched() -> None:
    assert WATCH.tried == []


@pytest.mark.outside
def test_those_that_are_marked_are_not() -> None:
    assert WATCH.tried is None
