"""``pytest --ovlcheck``: a test for each property of each model, and nothing for anybody who did not ask."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ovlcheck.model_files import is_model
from tests.commands.project import COUNTER, EXPECTING, PROPERTIES, ROOT

ORDINARY = "def test_arithmetic():\n    assert 1 + 1 == 2\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "models/counter.py": COUNTER,
        "models/known.py": EXPECTING,
        "models/properties/all.py": PROPERTIES,
        "models/helper.py": "import os\nraise RuntimeError('imported')\n",
        "tests/test_ordinary.py": ORDINARY,
        "pyproject.toml": "[tool.ovlcheck]\nengine = 'reference'\n[tool.pytest.ini_options]\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def pytest_says(directory: Path, *arguments: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "ovlcheck.pytest_plugin", "-p", "no:cacheprovider", *arguments],
        cwd=directory, env=environment, text=True, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def outcomes(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\S+::\S+) (PASSED|FAILED|XFAIL|SKIPPED|ERROR)", text, re.MULTILINE))


def test_each_property_is_a_test_with_the_trace_as_its_failure(project: Path) -> None:
    code, out = pytest_says(project, "--ovlcheck", "-v", "-rs")
    assert code == 1
    told = outcomes(out)
    assert told["models/counter.py::nothing_is_lost"] == "FAILED"
    assert told["models/counter.py::something_is_counted"] == "PASSED"
    assert told["models/counter.py::every_run"] == "PASSED"
    assert told["models/known.py::nothing_is_lost"] == "XFAIL"
    assert told["tests/test_ordinary.py::test_arithmetic"] == "PASSED"
    assert told["models/counter.py::refcounts_are_balanced"] == "SKIPPED"
    assert "does not apply to this model" in out
    assert "counter.py:17   self.n += 1" in out
    assert "ovlcheck/pytest_items.py" not in out
    assert not any("helper.py" in name or "properties" in name for name in told)


def test_an_expected_violation_that_does_not_happen_fails(project: Path) -> None:
    mistaken = EXPECTING.replace("nothing_is_lost", "something_is_counted")
    (project / "models/known.py").write_text(mistaken, encoding="utf-8")
    code, out = pytest_says(project, "--ovlcheck", "models/known.py", "-v", "-k", "counted")
    assert code == 1
    assert outcomes(out) == {"models/known.py::something_is_counted": "FAILED"}
    assert "XPASS(strict)" in out


def test_a_search_is_made_once_and_only_for_what_is_left(project: Path) -> None:
    script = project / "conftest.py"
    script.write_text(
        "import ovlcheck.pytest_items as items\n"
        "verify = items.verify\n"
        "def counting(path, **arguments):\n"
        "    print('SEARCH', path.name, arguments.get('properties'))\n"
        "    return verify(path, **arguments)\n"
        "items.verify = counting\n"
    )
    _, out = pytest_says(project, "--ovlcheck", "models/counter.py", "-s")
    assert re.findall("SEARCH.*", out) == ["SEARCH counter.py None"]
    _, out = pytest_says(
        project, "--ovlcheck", "models/counter.py", "-s", "-k", "counted or umount_is_durable"
    )
    assert re.findall("SEARCH.*", out) == ["SEARCH counter.py ['something_is_counted', 'umount_is_durable']"]
    assert "1 passed, 1 skipped" in out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (COUNTER.replace("+= 1", "/= 2"), "models/counter.py:17:"),
        (COUNTER + "\n1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_a_model_that_cannot_be_checked_fails_with_its_place(project: Path, text: str, says: str) -> None:
    (project / "models/counter.py").write_text(text, encoding="utf-8")
    code, out = pytest_says(project, "--ovlcheck", "models/counter.py", "-k", "counted or counter")
    assert code in (1, 2)
    assert says in out
    assert "Traceback" not in out


def test_an_answer_that_is_wanting_is_a_failure(project: Path) -> None:
    code, out = pytest_says(
        project, "--ovlcheck", "models/known.py", "--ovlcheck-time", "0", "-v", "-k", "lost or counted"
    )
    assert code == 1
    assert set(outcomes(out).values()) == {"FAILED"}
    assert "is not decided" in out


def test_without_the_option_nothing_is_collected_and_nothing_is_loaded(project: Path) -> None:
    (project / "tests/test_ordinary.py").write_text(
        ORDINARY + "\ndef test_loaded():\n    import sys\n"
        "    assert 'ovlcheck.pytest_plugin' in sys.modules\n"
        "    assert not {'ovlcheck.pytest_items', 'ovlcheck.api', 'ovlcheck.prepare', 'numpy'} & set(sys.modules)\n"
    )
    code, out = pytest_says(project, "-v")
    assert code == 0, out
    assert set(outcomes(out)) == {
        "tests/test_ordinary.py::test_arithmetic",
        "tests/test_ordinary.py::test_loaded",
    }


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("from ovlcheck import System\nclass A(System): pass\n", True),
        ("import ovlcheck as o\nclass A(o.System): pass\n", True),
        ("from ovlcheck.vfs import Overlayfs as Fs\nclass A(Fs): pass\n", True),
        ("from ovlcheck import *\nclass A(System): pass\n", True),
        ("from upstream import Upstream\nclass A(Upstream): pass\n", True),
        ("from base import Base\nclass A(Base): pass\n", True),
        ("from base import Base\nclass B: pass\nclass A(B): pass\n", False),
        ("from ovlcheck import Observer\nclass p(Observer): pass\n", False),
        ("from ovlcheck.vfs import Inode\nclass p(Inode): pass\n", False),
        ("from circle import Other\nclass A(Other): pass\n", False),
        ("from ovlcheck import always\n@always\ndef p(fs): return True\n", False),
        ("class A(:", False),
        ("", False),
    ],
)
def test_a_model_is_known_by_its_text(tmp_path: Path, text: str, model: bool) -> None:
    (tmp_path / "base.py").write_text("from ovlcheck import System\nclass Base(System): pass\n")
    (tmp_path / "circle.py").write_text("from file import A\nclass Other(A): pass\n")
    (tmp_path / "file.py").write_text(text)
    assert is_model(tmp_path / "file.py") == model


def test_every_shipped_model_is_known_and_no_file_of_properties() -> None:
    assert all(is_model(file) for file in (ROOT / "models").glob("*.py"))
    assert not any(is_model(file) for file in (ROOT / "properties").glob("*.py"))
