# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan of flannel lists for a host, by what differs there."""

from __future__ import annotations

import dataclasses
import functools
import json

import flannel_case as case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import flannel_context
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_plan import FlannelPlan
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import render

UNIT, WATCH = "flanneld.service", "overlay-flannel-options.path"
UNIT_FILE, ENVIRONMENT = f"/etc/systemd/system/{UNIT}", "/etc/flannel/flanneld.env"
WATCH_FILES = [f"/etc/systemd/system/overlay-flannel-options.{kind}" for kind in ("path", "service")]
PSK = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="


@pytest.fixture
def ready(facts):
    return case.converged(facts)


@pytest.fixture
def bare(facts):
    return case.bare(facts)


def paths(items):
    return [item["path"] for item in items]


def test_a_host_that_is_as_wanted(ready):
    found = case.plan(ready)
    lists = {name: value for name, value in found.to_dict().items() if isinstance(value, (list, dict))}
    assert {name: value for name, value in lists.items() if value} == {}
    assert (found.address, found.uplink) == ("172.72.103.13", "host0")
    assert found.enabled and found.loaded
    assert not (found.stop_watch or found.network_reloads)


def test_a_bare_host(bare):
    bare["packages"]["iptables"] = None
    found = case.plan(bare)
    assert found.refusals == found.warnings == found.modules == found.unwanted == found.devices == []
    assert found.packages == ["iptables"]
    assert paths(found.programs) == ["/usr/local/bin/flanneld", "/usr/local/bin/mk-docker-opts.sh"]
    assert paths(found.files)[-1] == ENVIRONMENT and found.files[-1]["secret"]
    assert [item["path"] for item in found.files if "secret" in item] == [ENVIRONMENT]
    assert set(paths(found.directories)) == {path.rpartition("/")[0] for path in paths(found.files)}
    assert found.sysctls == ["net.ipv4.ip_forward"]
    assert found.running == [f"{UNIT} is not there"]
    assert found.restart == [
        f"{UNIT} is not there",
        "/usr/local/bin/flanneld changes",
        f"{UNIT_FILE} changes",
        f"{ENVIRONMENT} changes",
    ]
    assert not found.enabled and not found.loaded and found.release == {}
    names = [*paths(found.programs), *paths(found.files), *paths(found.directories), *found.sysctls]
    assert found.remaining == [
        "iptables is not installed",
        *(f"{name} is not as it should be" for name in names),
        f"{UNIT} is not there",
        "overlay-flannel-repair.timer is not active and enabled",
        f"{UNIT} is not enabled",
    ]
    json.dumps(found.to_dict())


DRIFT = {"reason": "environment", "name": "X", "file": "/x", "text": "started with another X"}


def set_at(facts, path, value):
    *parents, last = path.split("|")
    for name in parents:
        facts = facts[name]
    facts[last] = value


@pytest.mark.parametrize(
    ("path", "value", "running", "restart"),
    [
        ("units|flanneld.service|active_state", "failed", [f"{UNIT} is failed"], []),
        ("units|flanneld.service|drift", [DRIFT], ["started with another X"], []),
        (f"files|{UNIT_FILE}|sha256", "0", [], [f"{UNIT_FILE} changes"]),
        (f"files|{ENVIRONMENT}|mode", "0644", [], [f"{ENVIRONMENT} changes"]),
        ("files|/usr/local/bin/flanneld|sha256", "0", [], ["/usr/local/bin/flanneld changes"]),
        ("files|/usr/local/bin/mk-docker-opts.sh|sha256", "0", [], []),
        ("flannel|docker_env", {}, ["/run/flannel/docker does not set DOCKER_OPTS"], []),
        ("flannel|subnet_env|mtu", 1400, ["flannel's MTU is 1400, not 1450"], []),
    ],
)
def test_reasons_to_restart(ready, path, value, running, restart):
    set_at(ready, path, value)
    found = case.plan(ready)
    assert found.running[: len(running)] == running and bool(found.running) == bool(running)
    assert found.restart == found.running + restart
    assert found.remaining != [] and set(found.running) <= set(found.remaining)


def test_what_flanneld_made_does_not_count_while_it_does_not_run(ready):
    set_at(ready, "flannel|docker_env", {})
    set_at(ready, "units|flanneld.service|active_state", "activating")
    assert case.plan(ready).running == [f"{UNIT} is activating"]


def test_a_device_that_a_restart_would_keep(ready):
    found = case.plan(ready, network={**case.NETWORK, "Backend": {"Type": "vxlan", "Port": 8473}})
    assert found.devices == ["flannel.1"]
    assert "the device flannel.1 sends to port 8472, not 8473" in found.restart


@pytest.mark.parametrize(
    ("path", "value", "remaining"),
    [
        ("packages|iptables", None, "iptables is not installed"),
        ("sysctls|net.ipv4.ip_forward", "0", "net.ipv4.ip_forward is not as it should be"),
        ("sysctls|net.bridge.bridge-nf-call-iptables", None, "br_netfilter is not as it should be"),
        ("units|flanneld.service|unit_file_state", "disabled", f"{UNIT} is not enabled"),
        (f"files|{WATCH_FILES[0]}|exists", True, f"{WATCH_FILES[0]} is not as it should be"),
        ("files|/etc/flannel|exists", False, "/etc/flannel is not as it should be"),
    ],
)
def test_what_remains_without_a_restart(ready, path, value, remaining):
    set_at(ready, path, value)
    found = case.plan(ready)
    assert (found.remaining, found.restart) == ([remaining], [])


@pytest.mark.parametrize(
    ("name", "unit", "version", "reloaded"),
    [
        ("/etc/systemd/network/10-overlay-flannel.link", "systemd-networkd.service", 262, True),
        ("/etc/systemd/network/10-overlay-flannel.link", "systemd-networkd.service", 243, False),
        ("/etc/NetworkManager/conf.d/10-overlay-flannel.conf", "NetworkManager.service", 219, True),
        (ENVIRONMENT, "NetworkManager.service", 262, False),
    ],
)
def test_network_services_reload_for_their_files_only(facts, name, unit, version, reloaded):
    ready = case.converged(facts)
    ready["files"]["/etc/NetworkManager"] = {"exists": True, "type": "directory"}
    ready["platform"]["systemd_version"] = version
    ready["units"][unit] = {"active_state": "active"}
    wanted = {
        item["path"]: item
        for item in case.plan(case.bare(json.loads(json.dumps(ready)), systemd_version=version)).files
    }
    for path, item in wanted.items():
        sha256 = case.sha256(item["content"])
        ready["files"][path] = {"exists": True, "type": "file", "mode": item["mode"], "sha256": sha256}
    manager = "/etc/NetworkManager/conf.d/10-overlay-flannel.conf"
    ready["files"][manager] = {
        "exists": True,
        "type": "file",
        "mode": "0644",
        "sha256": case.sha256(case.render("flannel", "NetworkManager.conf")),
    }
    assert case.plan(ready).network_reloads == []
    ready["files"][name]["sha256"] = "0"
    found = case.plan(ready)
    assert [reload["unit"] for reload in found.network_reloads] == ([unit] if reloaded else [])
    assert all(name in reload["files"] for reload in found.network_reloads)
    ready["units"][unit] = {"active_state": "inactive"}
    assert case.plan(ready).network_reloads == []


def test_no_boot_and_no_docker_waits_for_flanneld_without_limit(bare):
    """flanneld waits for etcd for ever, and multi-user.target for flanneld."""
    [unit] = [item["content"] for item in case.plan(bare).files if item["path"].endswith("/flanneld.service")]
    assert "TimeoutStartSec=90" in unit.splitlines() and "Restart=always" in unit.splitlines()
    assert "docker.service" not in unit


LINK = "/etc/systemd/network/10-overlay-flannel.link"
LOADED = "/run/overlay-flannel-systemd-networkd.loaded"


@pytest.mark.parametrize(
    ("started", "written", "loaded", "version", "stale"),
    [
        (100.0, 50.0, None, 257, False),
        (100.0, 100.4, None, 257, False),  # the start is not known better
        (100.0, 150.0, None, 257, True),
        (100.0, 150.0, 140.0, 257, True),
        (100.0, 150.0, 150.0, 257, False),
        (100.0, 150.0, 160.0, 257, False),
        (200.0, 150.0, None, 257, False),  # restarted meanwhile
        (100.0, 150.0, None, 243, False),  # it cannot reload
        (None, 150.0, None, 257, False),  # not known
    ],
)
def test_a_run_that_was_killed_before_the_reload(ready, started, written, loaded, version, stale):
    """Nothing differs on disk then."""
    ready["platform"]["systemd_version"] = version
    ready["units"]["systemd-networkd.service"] = {"active_state": "active", "started": started}
    ready["files"][LINK]["mtime"] = written
    if loaded is not None:
        ready["files"][LOADED] = {"exists": True, "mtime": loaded}
    found = case.plan(ready)
    assert [(reload["command"], reload["loaded"]) for reload in found.network_reloads] == (
        [("networkctl reload", LOADED)] if stale else []
    )
    unloaded = [text for text in found.remaining if "loaded" in text]
    assert unloaded == ([f"systemd-networkd.service has not loaded {LINK}"] if stale else [])
    assert [
        text for text in found.restart if "flanneld.service changes" not in text
    ] == []  # another systemd, other lines


def test_a_loopback_address_does_not_choose_the_interface(bare):
    """An etcd on the host itself: what other hosts can reach is another address."""
    bare["interfaces"]["lo"]["addresses"].append({"address": "127.1.0.1", "prefixlen": 8, "family": 4})
    bare["routes"].insert(0, {"dst": "127.0.0.0/8", "dev": "lo", "via": "", "src": "127.0.0.1", "metric": 0})
    bare["interfaces"]["eth9"] = {
        **bare["interfaces"]["host0"],
        "addresses": [{"address": "127.0.0.9", "prefixlen": 8, "family": 4}],
    }
    assert case.plan(bare, etcd_endpoints=["http://127.0.0.1:2379"]).address == "172.72.103.13"
    here = dataclasses.replace(case.controller(), ansible_host="127.0.0.1")
    assert flannel_context(case.settings(), bare, here).address == "172.72.103.13"


def test_flannel_0_7_is_watched(bare):
    start = next(item["content"] for item in case.plan(bare).files if item["path"] == UNIT_FILE)
    assert "overlay-flannel-options DOCKER_OPTS /usr/local/bin/mk-docker-opts.sh\n" in start
    found = case.plan(bare, version="v0.7.1")
    assert set(WATCH_FILES) <= set(paths(found.files)) and found.unwanted == []
    assert f"Wants=network-online.target {WATCH}\n" in next(i["content"] for i in found.files if i["path"] == UNIT_FILE)


def test_a_watch_that_does_not_watch_restarts_flanneld(facts):
    ready = case.converged(facts, version="0.7.1", ip_masq=True)
    ready["units"][WATCH] = {"active_state": "active"}
    assert f"{WATCH} does not watch" not in case.plan(ready, version="0.7.1").running
    ready["units"][WATCH] = {"active_state": "inactive"}
    assert f"{WATCH} does not watch" in case.plan(ready, version="0.7.1").running
    assert case.plan(ready).running == []


def test_a_newer_release_removes_the_watch(ready):
    for path in WATCH_FILES:
        ready["files"][path] = {"exists": True, "type": "file"}
    found = case.plan(ready)
    assert paths(found.unwanted) == WATCH_FILES and found.stop_watch


def test_the_package_of_el7(bare):
    bare["platform"].update(case.EL7)
    left = "/etc/systemd/system/docker.service.requires/flanneld.service"
    bare["files"][left] = {"exists": True, "type": "link"}
    found = case.plan(bare, **case.BY_PACKAGE)
    assert found.refusals == [] and found.programs == []
    assert found.packages == ["flannel-0.7.1"] and paths(found.unwanted) == [left]
    unit = next(item["content"] for item in found.files if item["path"] == UNIT_FILE)
    assert "ExecStart=/usr/bin/flanneld-start $FLANNEL_OPTIONS\n" in unit
    assert "overlay-flannel-options DOCKER_NETWORK_OPTIONS /usr/libexec/flannel/mk-docker-opts.sh\n" in unit
    assert "EnvironmentFile=-/etc/sysconfig/flanneld\nEnvironmentFile=/etc/flannel/flanneld.env\n" in unit
    bare["packages"]["flannel"] = "0.7.1-4.el7"
    assert case.plan(bare, **case.BY_PACKAGE).packages == []


@pytest.mark.parametrize(
    ("platform", "network", "packages"),
    [
        ({}, {}, []),
        ({}, {"EnableNFTables": True}, ["nftables"]),
        ({}, {"enablenftables": True}, ["nftables"]),
        ({"id": "rocky", "family": "redhat", "version": "9.4"}, {}, ["iptables-nft"]),
        ({"id": "rocky", "family": "redhat", "version": "8.10"}, {}, []),
        (
            {"id": "rocky", "family": "redhat", "version": "10.1", "kernel": "6.12"},
            {},
            ["iptables-nft", "kernel-modules-extra-6.12"],
        ),
    ],
)
def test_packages(bare, platform, network, packages):
    bare["platform"].update(platform)
    bare["sysctls"]["net.bridge.bridge-nf-call-iptables"] = None
    found = case.plan(bare, network={**case.NETWORK, **network})
    assert (found.refusals, found.packages, found.modules) == ([], packages, ["br_netfilter"])


@pytest.mark.parametrize(
    "network",
    [
        {"Network": "10.43.0.0/16", "EnableIPv6": True, "IPv6Network": "fd00:1::/48", "Backend": {"Type": "host-gw"}},
        {"network": "10.43.0.0/16", "enableIPv6": True, "ipv6network": "fd00:1::/48", "backend": {"type": "host-gw"}},
        {"NETWORK": "10.43.0.0/16", "ENABLEIPV6": "true", "IPV6NETWORK": "fd00:1::/48", "BACKEND": {"TYPE": "host-gw"}},
    ],
)
def test_the_network_is_read_as_flannel_reads_it(bare, network):
    """Keys in any case: the IPv6 network needs forwarding, and host-gw cannot pass a NAT."""
    assert case.plan(bare, network=network).sysctls == ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"]
    [refusal] = case.plan(bare, network=network, public_ip="192.0.2.9").refusals
    assert "flannel_public_ip = 192.0.2.9" in refusal and "the backend host-gw cannot pass a NAT" in refusal


def test_no_key_of_the_network_is_in_the_plan(bare):
    network = {"Network": "10.43.0.0/16", "Backend": {"Type": "wireguard", "PSK": PSK}}
    found = case.plan(bare, network=network, psk_over_http=True)
    assert found.refusals == [] and PSK not in json.dumps(found.to_dict())
    for bad in ({"PSK": PSK + "x"}, {"PSK": PSK, "Mode": "none"}, {"PSK": [PSK]}):
        found = case.plan(bare, network={"Network": "10.43.0.0/16", "Backend": {"Type": "wireguard", **bad}})
        assert found.refusals != [] and PSK not in json.dumps(found.to_dict())


def test_a_password_is_in_the_secret_file_only(bare):
    found = case.plan(bare, etcd_username="flannel", etcd_password="insgeheim")
    for item in found.files:
        assert ("insgeheim" in item["content"]) == bool(item.get("secret"))
    assert "insgeheim" not in json.dumps({**found.to_dict(), "files": []})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"etcd_endpoints": ["https://172.72.103.11:2379"]}, "only the CAs of the system's store"),
        ({"version": "0.17.0"}, "flannel 0.17.0 reads only etcd's API v2"),
        ({"version": "v0.20.2"}, "flannel 0.20.2 panics"),
        ({"version": "0.26.7"}, "flannel 0.26.7 can lose its peers"),
        ({"network": {**case.NETWORK, "Spelt": "wrong"}}, "Spelt"),
    ],
)
def test_warnings(bare, changes, words):
    found = case.plan(bare, **changes)
    assert found.refusals == []
    assert [text for text in found.warnings if text.startswith("node: ") and words in text] != []
    assert case.plan(bare).warnings == []


def test_another_release_than_the_variable_says(ready):
    ready["flannel"]["version"] = "0.27.4"
    [warning] = case.plan(ready).warnings
    assert warning.startswith("node: flanneld says that it is 0.27.4, flannel_version = 0.28.10. Fix: ")
    ready["units"][UNIT]["active_state"] = "inactive"  # before an upgrade the old release is no surprise
    assert case.plan(ready).warnings == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": {"Network": "10.43.0.0/30"}}, "a length of 28 or less"),
        ({"network": {"Network": "10.43.0.0/24", "SubnetLen": 26}, "hosts": list("abcdef")}, "network_too_small"),
        ({"network": {"Network": "172.72.0.0/16"}}, "overlaps with 172.72.103.13/24 on host0"),
        ({"options": {"iface": "eth0"}}, "flannel_options: iface = eth0"),
    ],
)
def test_findings_that_refuse(bare, changes, words):
    found = case.plan(bare, **changes)
    assert [text for text in found.refusals if text.startswith("node: ") and words in text] != []
    assert found.files == found.warnings == []


def test_findings_come_after_the_checks(bare):
    found = case.plan(bare, network={"Network": "10.43.0.0/30"}, etcd_endpoints=[])
    assert len(found.refusals) == 1 and "flannel_etcd_endpoints" in found.refusals[0]


def test_the_query_has_every_path_that_a_plan_compares(facts):
    query = flannel_plan.query(case.settings(etcd_ca_cert="/ca.pem"))
    facts["files"]["/lib/modules"] = {"exists": True}
    bare = case.bare(facts)
    for path in ("/lib/modules", "/etc/NetworkManager"):
        bare["files"][path] = {"exists": True, "type": "directory"}
    found = [case.plan(bare), case.plan(bare, version="0.7.1")]
    items = [item for plan in found for item in [*plan.programs, *plan.files, *plan.directories, *plan.unwanted]]
    secret = {item["path"] for item in items if item.get("secret")}
    assert {*paths(items), "/ca.pem", *WATCH_FILES} - secret <= set(query["files"])
    assert secret == set(query["secrets"]) and not secret & set(query["files"])
    assert set(paths(items)) >= {"/etc/modules-load.d/overlay-flannel.conf", "/etc/NetworkManager/conf.d"}


@pytest.mark.parametrize("bad", [None, 5, ["a"]])
def test_the_query_bears_values_of_another_type(bad):
    assert flannel_plan.query({"etcd_ca_cert": bad})["units"][0] == UNIT


@pytest.mark.parametrize(
    ("state", "installed", "kept"),
    [("active", True, [case.FLANNELD]), ("failed", True, []), ("active", False, [case.FLANNELD])],
)
def test_a_program_that_runs_is_kept_until_the_new_one_is_ready(ready, state, installed, kept):
    """One that does not run has not proved itself."""
    ready["units"]["flanneld.service"]["active_state"] = state
    ready["files"][case.FLANNELD] = {"exists": installed, "type": "file", "sha256": "of an older release"}
    found = case.plan(ready)
    assert case.FLANNELD in paths(found.programs)
    assert paths(found.replaced) == kept


def test_nothing_is_kept_without_a_change(ready):
    assert case.plan(ready).replaced == []


FLOATING, ANOTHER = ({"address": f"172.72.103.{number}", "family": 4, "prefixlen": 24} for number in (100, 99))


@pytest.mark.parametrize("interface", ["", "host0"])
def test_a_floating_address_in_front_of_the_own_changes_nothing(ready, interface):
    ready["interfaces"]["host0"]["addresses"].insert(0, FLOATING)
    found = case.plan(ready, interface=interface)
    assert (found.address, found.remaining) == ("172.72.103.13", [])


@pytest.mark.parametrize(
    ("names", "running", "address"),
    [
        (("", "172.72.103.13"), None, "172.72.103.13"),
        (("", "node"), "172.72.103.13", "172.72.103.13"),
        (("", "node"), None, "172.72.103.100"),
        (("172.72.103.99", "172.72.103.13"), "172.72.103.13", "172.72.103.99"),
    ],
)
def test_the_inventory_names_the_address_then_the_running_flanneld(ready, names, running, address):
    ready["interfaces"]["host0"]["addresses"][:0] = [FLOATING, ANOTHER]
    ready["flannel"]["public_ip"] = running
    controller = dataclasses.replace(case.controller(), ansible_host=names[0], host=names[1])
    found = flannel_context(case.settings(), ready, controller)
    assert found.address == address


@pytest.mark.parametrize(
    ("lost", "state", "reasons"),
    [
        (0, "active", 0),
        ("same", "active", 1),
        ("another", "active", 0),  # it has restarted since the leases were read
        ("same", "failed", 0),  # it starts anyway
    ],
)
def test_a_flanneld_whose_lease_is_gone_restarts_once(ready, lost, state, reasons):
    unit = ready["units"][UNIT]
    unit["active_state"] = state
    process = {"same": unit["main_pid"], "another": unit["main_pid"] + 1}.get(lost, 0)
    found = case.plan(ready, without_lease=process)
    assert [text for text in found.restart if "no lease of this host" in text] == [
        "etcd has no lease of this host, and the running flanneld has not noticed"
    ] * reasons
    assert found.devices == []


@pytest.mark.parametrize(
    ("written", "reasons"), [(-10, 0), (10, 1), (1000, 0)], ids=["older", "newer", "from the future"]
)
def test_a_rotated_authority_restarts_flanneld_once(ready, written, reasons):
    tls = {"etcd_ca_cert": "/ca", "etcd_client_cert": "/cert", "etcd_client_key": "/key"}
    started = ready["units"][UNIT]["started"]
    there = {"exists": True, "type": "file", "mtime": started - 10}
    ready["files"].update(dict.fromkeys(tls.values(), there))
    ready["files"]["/ca"] = {**there, "mtime": started + written}
    controller = dataclasses.replace(case.controller(), now=started + 100)
    settings = case.settings(**tls, etcd_endpoints=["https://172.72.103.11:2379"])
    found = flannel_plan.plan(settings, ready, controller, functools.partial(render, "flannel"))
    assert found.refusals == []
    assert found.running == ["its certificates for etcd are newer than the running flanneld"] * reasons


def test_foreign_text_in_a_plan_is_escaped():
    found = FlannelPlan(**dict.fromkeys(FlannelPlan.texts, ["key \x1b[2J"])).to_dict()
    assert [found[name] for name in FlannelPlan.texts] == [[r"key \x1b[2J"]] * len(FlannelPlan.texts)
    assert Refusal("v", "a\nb", "c", "f").to_text("h") == r"h: v = a\x0ab: allowed: c. Fix: f."


WITH_PASSWORD = {"etcd_username": "u", "etcd_password": "hush"}


@pytest.mark.parametrize(
    ("systemd", "changes", "filtered", "warned"),
    [
        (257, WITH_PASSWORD, True, False),
        (253, WITH_PASSWORD, True, False),
        (252, WITH_PASSWORD, False, True),
        (252, {**WITH_PASSWORD, "version": "0.14.0"}, False, False),
        (257, {}, False, False),
    ],
)
def test_the_password_in_the_journal(facts, systemd, changes, filtered, warned):
    """flanneld logs its flags; a unit without a password does not change for that."""
    found = case.plan(case.bare(facts, systemd_version=systemd), **changes)
    unit = next(item["content"] for item in found.files if item["path"] == UNIT_FILE)
    assert ("LogFilterPatterns=~etcdPassword" in unit) is filtered
    assert any("in clear into the journal" in text for text in found.warnings) is warned
    assert "hush" not in unit
