"""The wheel alone, in an environment of its own and away from the sources, does what the checkout does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.commands.project import COUNTER, ROOT

pytest.importorskip("hatchling")


def done(*arguments: str | Path, cwd: Path, codes: tuple[int, ...] = (0,)) -> str:
    """What the program prints.  Nothing of the sources or of this environment's ovlcheck is on its path.

    It compiles with the flags that users' runs have, not with those of the other tests.
    """
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "CFLAGS")}
    environment["XDG_CACHE_HOME"] = str(cwd / "cache")
    finished = subprocess.run(
        [str(a) for a in arguments], cwd=cwd, env=environment, text=True, capture_output=True, check=False
    )
    assert finished.returncode in codes, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sources as they are, without network."""
    place = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    done(
        *pip,
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-cache-dir",
        "--wheel-dir",
        place,
        ROOT,
        cwd=place,
    )
    (built,) = place.glob("ovlcheck-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of commands of a fresh environment, which borrows the libraries of this one."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    pip = (
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "--python",
        home / "bin/python",
    )
    done(*pip, "install", "--no-deps", "--no-index", wheel, cwd=home)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin"


def test_the_wheel_has_all_that_a_run_needs_and_nothing_that_was_left_lying(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "ovlcheck").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert not wanted - names
    for directory in ("models", "properties"):
        assert {f"ovlcheck/{directory}/{file.name}" for file in (ROOT / directory).glob("*.py")} <= names
    assert "ovlcheck/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or not name.startswith("ovlcheck")]


def test_the_installed_command_checks_shipped_models_and_ones_own(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "counter.py").write_text(COUNTER, encoding="utf-8")
    out = done(
        installed / "ovlcheck", "verify", "upstream", "counter.py", "--config", "small", "--format", "json",
        "--property", "no_deadlock", cwd=tmp_path,
    )  # fmt: skip
    upstream, counter = json.loads(out)["results"]
    assert "site-packages/ovlcheck/models/upstream.py" in upstream["model"]
    assert counter["model"] == "counter.py"
    assert {p["verdict"] for result in (upstream, counter) for p in result["properties"]} == {"holds"}
    assert json.loads(out)["tool_version"] == "0.1.0"


def test_the_installed_package_is_an_api_and_a_plugin_of_pytest(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "counter.py").write_text(COUNTER, encoding="utf-8")
    script = "import ovlcheck as o; r = o.verify('counter.py', engine='reference'); print(r.states, o.__file__)"
    states, file = done(installed / "python", "-c", script, cwd=tmp_path).split()
    assert (states, Path(file).is_relative_to(installed.parent)) == ("46", True)
    out = done(
        installed / "python", "-m", "pytest", "--ovlcheck", "--ovlcheck-engine", "reference", "-q",
        "-p", "no:cacheprovider", "counter.py", cwd=tmp_path,
    )  # fmt: skip
    assert " passed" in out
