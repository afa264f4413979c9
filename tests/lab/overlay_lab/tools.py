"""flanneld and etcd from pinned sources, where Go is at hand; else the roles fetch the release archives.

FLANNEL_LEGACY_BIN names a folder with an old flanneld, mk-docker-opts.sh, etcd and etcdctl that are taken instead: nobody can build
flannel 0.7.1 and etcd 2.3.7 any more as these tools are built.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import image
from .run import locked, run, say
from .settings import LabError, cache

TESTS = Path(__file__).parent.parent.parent
FLANNEL, ETCD = "flannel-0.28.10", "etcd-3.6.14"
DOCKER = "docker-29.8.1"  # not of every lab: it takes five minutes to build
# The newest flannel for etcd's v2 API that can be built, and the newest etcd
FOR_TESTS = ("flannel-0.15.1", "etcd-3.7.3")
BUILD_PACKAGES = ("gcc", "libc6-dev")
LEGACY = "FLANNEL_LEGACY_BIN"
LEGACY_PROGRAMS = ("flanneld", "mk-docker-opts.sh", "etcd", "etcdctl")
RELEASE = re.compile(r"[0-9]+[.][0-9]+[.][0-9]+")
DEBIAN_ETCD = {"bookworm": "3.4", "trixie": "3.5"}


def wanted() -> bool:
    """From 1.21 on, Go brings the newer Go that these programs ask for."""
    if not shutil.which("go"):
        return False
    found = re.search(r"go1\.(\d+)", run("go", "version"))
    return found is not None and int(found[1]) >= 21


@contextmanager
def building(*more: str) -> Iterator[None]:
    """Builds the programs while something else is done; ends with it when that fails."""
    if not wanted():
        yield
        return
    build = subprocess.Popen(
        [str(TESTS / "tools/build"), FLANNEL, ETCD, *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
        finish(build)
    except BaseException:
        if build.poll() is None:
            os.killpg(build.pid, signal.SIGTERM)
        raise


def finish(build: subprocess.Popen[bytes]) -> None:
    try:
        build.wait(1)
    except subprocess.TimeoutExpired:
        say("waiting for flanneld and etcd to be built")
        build.wait()
    if build.returncode:
        raise LabError(f"tests/tools/build ended with {build.returncode}, see above")


def variables() -> dict[str, str]:
    if os.environ.get(LEGACY):
        return legacy_variables(Path(os.environ[LEGACY]))
    if not wanted():
        return {}
    tools = cache() / "tools"
    return {
        "flannel_install_method": "file",
        "flannel_file_dir": str(tools / FLANNEL),
        "etcd_install_method": "file",
        "etcd_file_dir": str(tools / ETCD),
    }


def legacy_variables(folder: Path) -> dict[str, str]:
    """The variables of the roles for old programs that somebody has brought."""
    missing = [name for name in LEGACY_PROGRAMS if not os.access(folder / name, os.X_OK)]
    if missing:
        raise LabError(f"{LEGACY}={folder}: {', '.join(missing)} must lie there, as programs that can be run")
    return {
        "flannel_install_method": "file",
        "flannel_file_dir": str(folder.resolve()),
        "flannel_version": release_of(folder / "flanneld"),
        "etcd_install_method": "file",
        "etcd_file_dir": str(folder.resolve()),
        "etcd_version": release_of(folder / "etcd"),
    }


def release_of(program: Path) -> str:
    """flanneld tells it on standard error."""
    said = run(program, "--version", check=False)
    found = RELEASE.search(said)
    if found is None:
        raise LabError(f"{program} --version tells no release: {said.strip()}")
    return found[0]


def debian_etcd(suite: str) -> None:
    """etcd and etcdctl as the suite packs them, for tests on older versions."""
    done = cache() / "tools" / f"etcd-debian-{DEBIAN_ETCD[suite]}"
    tree = done.with_name(f"{done.name}.tree")
    with locked(cache() / "tools"):
        if done.is_dir():
            return
        shutil.rmtree(tree, ignore_errors=True)
        options = ["--quiet", "--mode=root", "--variant=extract", "--include=etcd-server,etcd-client"]
        run("mmdebstrap", *options, suite, tree, *image.sources(suite))
        new = tree / "new"
        new.mkdir()
        for program in ("etcd", "etcdctl"):
            shutil.copy2(tree / "usr/bin" / program, new)
        new.rename(done)
        shutil.rmtree(tree)
