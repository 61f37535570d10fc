"""scripts/setup where packages cannot be had: it says what failed and what to do."""

import os
import shutil
import subprocess

import pytest

from command import ROOT


@pytest.fixture
def setup(tmp_path):
    """A function that runs a copy of the script beside programs that take the place of the system's."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "programs").mkdir()
    shutil.copy(ROOT / "scripts/setup", tmp_path / "scripts")

    def run(programs, **environment):
        for name, text in programs.items():
            (tmp_path / "programs" / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / "programs" / name).chmod(0o755)
        environment = {**os.environ, "PATH": f"{tmp_path}/programs:{os.environ['PATH']}", **environment}
        return subprocess.run([tmp_path / "scripts/setup"], env=environment, capture_output=True, text=True)

    return run


NOTHING = {"dpkg-query": "exit 1", "id": "echo 0"}


def test_a_failure_of_apt_is_shown_with_a_remedy(setup):
    done = setup({**NOTHING, "apt-get": "echo 'E: no route to the mirror' >&2; exit 100"})
    assert done.returncode == 1 and "E: no route to the mirror" in done.stderr
    assert "setup: failed: apt-get update" in done.stderr and "package sources" in done.stderr


def test_a_package_that_is_not_found_is_named(setup):
    apt = "[ $1 = update ] || { echo 'E: Unable to locate package libdnnl-dev'; exit 100; }"
    done = setup({**NOTHING, "apt-get": apt})
    assert done.returncode == 1 and "E: Unable to locate package libdnnl-dev" in done.stderr
    assert "setup: failed: env DEBIAN_FRONTEND=noninteractive apt-get install" in done.stderr


def test_without_root_and_sudo_the_command_is_said(setup, tmp_path):
    for name in ("bash", "dirname", "mkdir", "grep", "cat", "env", "awk", "tail", "sed", "rm"):
        (tmp_path / "programs" / name).symlink_to(shutil.which(name))
    done = setup({"dpkg-query": "exit 1", "id": "echo 1000", "apt-get": "exit 0"}, PATH=f"{tmp_path}/programs")
    assert done.returncode == 1 and "there is no sudo here; as root: apt-get install g++ cmake" in done.stderr


def test_a_failure_of_pip_is_shown_with_a_remedy(setup):
    here = {"dpkg-query": "echo install ok installed", "apt-get": "exit 0"}
    done = setup(here, PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE="/dev/null")
    assert done.returncode == 1 and "No matching distribution found for numpy" in done.stderr
    assert "setup: failed: build/venv/bin/python -m pip install" in done.stderr and "pip's configuration" in done.stderr
