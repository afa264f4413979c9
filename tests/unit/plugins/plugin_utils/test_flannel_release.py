# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where flannel's programs come from, and when the controller has to fetch them."""

from __future__ import annotations

import json

import flannel_case as case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_release import checksum_in

ARCHIVE = "flannel-v0.28.10-linux-amd64.tar.gz"
URL = f"https://github.com/flannel-io/flannel/releases/download/v0.28.10/{ARCHIVE}"
METADATA_URL = "https://api.github.com/repos/flannel-io/flannel/releases/tags/v0.28.10"
METADATA_FILE = f"{case.CACHE}/flannel-0.28.10.json"
DIGITS = "0123456789abcdef" * 4
FOLDER = f"{case.CACHE}/flannel-0.28.10-amd64-0123456789ab"
OF_GITHUB = {"install_method": "archive", "cache_dir": case.CACHE}
GIVEN = {**OF_GITHUB, "archive_checksum": f"sha256:{DIGITS}"}
METADATA = json.dumps({"assets": [{"name": "x", "digest": None}, {"name": ARCHIVE, "digest": f"sha256:{DIGITS}"}]})
CACHED = {f"{FOLDER}/flanneld": "flanneld", f"{FOLDER}/mk-docker-opts.sh": "maker"}


@pytest.fixture
def bare(facts):
    return case.bare(facts)


def test_the_checksum_is_learned_first(bare):
    found = case.plan(bare, **OF_GITHUB)
    assert found.refusals == []
    assert found.release == {
        "variable": "flannel_archive_url",
        "url": URL,
        "checksum": "",
        "metadata_url": METADATA_URL,
        "metadata_file": METADATA_FILE,
        "folder": f"{case.CACHE}/flannel-0.28.10-amd64-",
        "strip": False,
        "programs": ["flanneld", "mk-docker-opts.sh"],
        "fix": found.release["fix"],
    }


@pytest.mark.parametrize(("changes", "files"), [(OF_GITHUB, {METADATA_FILE: METADATA}), (GIVEN, {})])
def test_the_archive_is_fetched_with_its_checksum(bare, changes, files):
    found = case.plan(bare, files, **changes)
    assert found.refusals == []
    assert {name: found.release[name] for name in ("checksum", "metadata_url", "folder")} == {
        "checksum": DIGITS,
        "metadata_url": "",
        "folder": FOLDER,
    }
    assert [item["src"] for item in found.programs] == list(CACHED)


def test_programs_that_a_host_lacks_are_taken_from_the_archive_anew(facts):
    """Those in the cache may have been changed."""
    ready = case.converged(facts)
    assert case.plan(ready, CACHED, **GIVEN).release == {}
    assert case.plan(ready, {**CACHED, f"{FOLDER}/flanneld": "evil"}, **GIVEN).release["folder"] == FOLDER
    ready["files"]["/usr/local/bin/mk-docker-opts.sh"]["sha256"] = "0"
    assert case.plan(ready, CACHED, **GIVEN).release["folder"] == FOLDER


def test_other_methods_fetch_nothing(bare):
    assert case.plan(bare).release == {}
    bare["platform"].update(case.EL7)
    assert case.plan(bare, **case.BY_PACKAGE).release == {}


@pytest.mark.parametrize("metadata", ["", "<html>", "{", "[]", "{}", '{"assets": 5}', '{"assets": [5, {}]}'])
def test_metadata_without_the_checksum_is_refused(bare, metadata):
    found = case.plan(bare, {METADATA_FILE: metadata}, **OF_GITHUB)
    assert found.release == {}
    [refusal] = found.refusals
    assert refusal.startswith(
        f"node: flannel_archive_checksum = : allowed: the sha256 of {ARCHIVE}, which {METADATA_URL} does not have: "
        f"none in {METADATA_FILE} (delete the file to download it again). Fix: download {URL} from a source that you trust"
    )


def test_nothing_is_fetched_for_what_is_refused(bare):
    assert case.plan(bare, **OF_GITHUB, etcd_endpoints=[]).release == {}
    assert case.plan(bare, **OF_GITHUB, version="0.28").release == {}
    assert case.plan(bare, **OF_GITHUB, network={"Network": "10.43.0.0/30"}).release == {}


def test_the_digest_of_another_architecture():
    assert checksum_in(METADATA, ARCHIVE) == f"sha256:{DIGITS}"
    assert checksum_in(METADATA, "x") == checksum_in(METADATA, "y") == ""
