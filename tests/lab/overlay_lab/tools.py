"""flanneld and etcd from pinned sources, where Go is at hand; else the roles fetch the release archives."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .run import say
from .settings import LabError, cache

TESTS = Path(__file__).parent.parent.parent
FLANNEL, ETCD = "flannel-0.28.10", "etcd-3.6.14"
BUILD_PACKAGES = ("gcc", "libc6-dev")


def wanted() -> bool:
    return shutil.which("go") is not None


def start() -> subprocess.Popen[bytes] | None:
    if not wanted():
        return None
    return subprocess.Popen([str(TESTS / "tools/build"), FLANNEL, ETCD], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def finish(build: subprocess.Popen[bytes] | None) -> None:
    if build is None:
        return
    if build.poll() is None:
        say("waiting for flanneld and etcd to be built")
    build.communicate()
    if build.returncode:
        raise LabError(f"tests/tools/build ended with {build.returncode}, see above")


def variables() -> dict[str, str]:
    if not wanted():
        return {}
    tools = cache() / "tools"
    return {
        "flannel_install_method": "file",
        "flannel_file_dir": str(tools / FLANNEL),
        "etcd_install_method": "file",
        "etcd_file_dir": str(tools / ETCD),
    }
