# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret in arguments of any process, results, diffs, errors, the log of the host, or what ansible-playbook prints."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path

import pytest
import yaml
from etcd_kinds import USER
from modules import COLLECTIONS, ROOT, answer_of, run_ansible, start_module
from paper import paper
from place import Place
from subjects import PSK, trials
from trial import Trial

# What Python runs at its start: the log of the host becomes a file.
LOGGING = """
import os, syslog
def log(*arguments):
    with open(os.environ["LOG_OF_THE_HOST"], "a") as file:
        file.write(f"{arguments[-1]}\\n")
syslog.syslog = log
"""


def logging_to(log, before=""):
    """Variables by which a Python writes the log of the host into this file."""
    (log.parent / "sitecustomize.py").write_text(LOGGING + before)
    return {"PYTHONPATH": f"{log.parent}{os.pathsep}{COLLECTIONS}", "LOG_OF_THE_HOST": str(log)}


class Watched:
    """One run of a module: its answer, the arguments of all its processes, and what it logged. `before` is run in it, first."""

    def __init__(self, name, params, folder, before=""):
        log = folder / "log"
        variables = logging_to(log, before)
        internal = {"_ansible_diff": True, "_ansible_inject_invocation": True}
        process = start_module(name, {**params, **internal}, variables=variables)
        self.arguments = set()
        while process.poll() is None:
            self.arguments |= {arguments_of(pid) for pid in family(process.pid)}
            time.sleep(0.01)
        self.result = answer_of(process)
        self.log = log.read_text() if log.exists() else ""  # not where an option is unknown

    def __str__(self):
        return "\n".join([*self.arguments, json.dumps(self.result, ensure_ascii=False), self.log])


def family(pid):
    """The process and all that it has started."""
    found = [pid]
    for parent in found:
        try:
            found += [
                int(child)
                for task in Path(f"/proc/{parent}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:
            continue
    return found


def arguments_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


@pytest.fixture
def slow_etcdctl(trial, tmp_path):
    """The real one, but it lives long enough to be seen."""
    path = tmp_path / "etcdctl"
    path.write_text(f'#!/bin/sh\nsleep 0.1\nexec {trial.place.etcd.etcdctl_path} "$@"\n')
    path.chmod(0o755)
    return str(path)


def secrets(trial):
    key = Path(trial.kinds.client[1]).read_text().splitlines()[1]
    return {key, USER["password"], IN_URL, *trial.subject.secrets.values()}


def shown(trial, text):
    return [secret for secret in secrets(trial) if secret in text]


@pytest.mark.parametrize("kind", ["users", "tls"])
def test_a_module_that_works(trial, kind, slow_etcdctl, tmp_path):
    trial.use(kind)
    params = trial.params(etcdctl=slow_etcdctl, **trial.subject.secrets)
    watched = Watched(trial.name, params, tmp_path)
    assert not watched.result.get("failed"), watched.result
    assert "Invoked with" in watched.log
    assert any("etcdctl" in line for line in watched.arguments) == (trial.api == "v3")
    assert shown(trial, str(watched)) == []


IN_URL = "insgeheim"
FAILURES = {
    "nobody": {"endpoints": ["http://127.0.0.1:1"]},
    "bad option": {"timeout": 0},
    "unknown option": {"nonsense": 1},
    "endpoint": {"endpoints": [f"http://user:{IN_URL}@192.0.2.1:2379"]},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_module_that_fails(trial, failure, tmp_path):
    trial.use("users")
    watched = Watched(trial.name, trial.params(**trial.subject.secrets, **FAILURES[failure]), tmp_path)
    assert watched.result["failed"]
    assert shown(trial, str(watched)) == []


@pytest.mark.usefixtures("only_v3")
def test_an_etcdctl_that_tells_what_it_was_told(trial, tmp_path):
    trial.use("users")
    path = tmp_path / "etcdctl"
    path.write_text(
        '#!/bin/sh\n[ -n "$ETCDCTL_USER" ] || exit 0\ncat >&2\necho "Error: $ETCDCTL_USER" | tee /dev/stderr\nexit 1\n'
    )
    path.chmod(0o755)
    watched = Watched(trial.name, trial.params(**trial.subject.secrets, etcdctl=str(path)), tmp_path)
    assert watched.result["failed"]
    assert shown(trial, str(watched)) == []


def test_what_ansible_playbook_prints(kinds, tmp_path):
    """The secrets come from a file of variables: Ansible itself shows the lines of a playbook that fail."""
    held, tasks, known = {}, [], []
    found = trials("test_what_ansible_playbook_prints")
    for name, api in found:
        trial = Trial(name, api, kinds)
        trial.use("users")
        given = {"password": trial.params()["password"], **trial.subject.secrets}
        held.update({f"{name}_{secret}": value for secret, value in given.items()})
        known += [*secrets(trial), given["password"]]
        own = {secret: f"{{{{ secret_{name}_{secret} }}}}" for secret in given}
        params = {**trial.params(), **own}
        fails = {**params, "endpoints": ["http://127.0.0.1:1"]}
        tasks += [{f"overlay.flannel.{name}": params}, {f"overlay.flannel.{name}": fails, "ignore_errors": True}]
    (tmp_path / "secrets.yml").write_text(yaml.safe_dump({f"secret_{name}": value for name, value in held.items()}))
    play = {"hosts": "all", "gather_facts": False, "vars_files": ["secrets.yml"], "tasks": tasks}
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    invocation = {"ANSIBLE_INJECT_INVOCATION": "1"}
    done = run_ansible("ansible-playbook", "-vvv", "--diff", str(playbook), environ=invocation)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("module_args") == len(tasks)
    assert f"ok={len(tasks)} " in done.stdout and f"ignored={len(found)}" in done.stdout
    assert [secret for secret in known if secret in done.stdout + done.stderr] == []


# Of characters that Python and JSON write in another way than they are.
ODD = "geheim'\\\"é\n" * 12
NETWORKS = {
    "wireguard": {"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": PSK}},
    "odd": {"Network": "10.5.0.0/16", "Backend": {"Type": "ipsec", "PSK": ODD}},
    "cloud": {"Network": "10.5.0.0/16", "Backend": {"Type": "ali-vpc", "AccessKeySecret": "insgeheim"}},
    "misplaced": {"Network": "10.5.0.0/16", "psk": PSK, "Backend": {"Type": "vxlan"}},
    "text": json.dumps({"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": PSK}}),
    "wrong type": {"Network": "10.5.0.0/16", "Backend": [{"Type": "wireguard", "PSK": PSK}]},
}
OPTIONS = {"network": "config", "lease_info": "network", "migrate": "network", "host_info": "network"}
WITHIN = [("network", network) for network in NETWORKS] + [(name, "odd") for name in OPTIONS if name != "network"]


@pytest.mark.parametrize("more", [{}, {"nonsense": 1}], ids=["its own options", "an unknown option"])
@pytest.mark.parametrize(("name", "network"), WITHIN)
def test_a_key_within_an_option(name, network, more, kinds, tmp_path):
    """No option that Ansible knows to be a secret, and it logs them before the module runs."""
    params = {OPTIONS[name]: NETWORKS[network], **more}
    if name != "host_info":
        params = Trial(name, "v3", kinds).params(**params)
    watched = Watched(name, params, tmp_path)
    assert watched.result["invocation"]["module_args"][OPTIONS[name]]
    assert ("Invoked with" in watched.log) != bool(more)
    assert [secret for secret in (PSK, "geheim") if secret in str(watched)] == []


PLAYBOOKS = ROOT / "playbooks"


@dataclasses.dataclass
class Played:
    code: int
    printed: str
    log: str


@pytest.fixture
def play(tmp_path):
    """Run plays with this host as the only one of flannel, and nothing at all of docker and of an etcd of our own."""

    def run(plays, place, **variables):
        usual = {
            "overlay_etcd_endpoints": [place.etcd.url],
            "overlay_etcd_username": USER["username"],
            "overlay_etcd_password": USER["password"],
            "overlay_prefix": place.prefix,
            "overlay_interface": "192.0.2.1",
            "overlay_psk_over_http": True,
            # What the plan reads, in the place of this machine, which may have no systemd. The verdict is about this machine all the same.
            "overlay_host_info": paper("192.0.2.1", "flannel"),
        }
        log = tmp_path / "log"
        for name, text in {
            "hosts": "[flannel]\nlocalhost\n",
            "variables.yml": yaml.safe_dump({**usual, **variables}),
            "play.yml": yaml.safe_dump(plays),
        }.items():
            (tmp_path / name).write_text(text)
        path = f"{Path(place.etcd.etcdctl_path).parent}{os.pathsep}{os.environ['PATH']}"
        environ = {**logging_to(log), "ANSIBLE_INJECT_INVOCATION": "1", "PATH": path}
        words = ["-vvv", "--diff", f"--inventory={tmp_path / 'hosts'}", f"--extra-vars=@{tmp_path / 'variables.yml'}"]
        done = run_ansible("ansible-playbook", *words, str(tmp_path / "play.yml"), environ=environ)
        return Played(done.returncode, done.stdout + done.stderr, log.read_text())

    return run


def refuse_shown(played):
    """The key went to modules, but only as a secret, and is shown nowhere."""
    assert "psk=NOT_LOGGING_PARAMETER" in played.log
    # The option `registry` of host_info has it as an option, too; its value is hidden there as well.
    assert "psk':" not in played.log.lower().replace("'psk': '********'", "")
    texts = {"terminal": played.printed, "log": played.log}
    assert [name for name, text in texts.items() if PSK in text or USER["password"] in text] == []


# As an inventory may have it: apart, or within the network.
INVENTORIES = {
    "apart": {"overlay_network": {"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard"}}, "overlay_psk": PSK},
    "within": {"overlay_network": {"Network": "10.5.0.0/16", "backend": {"Type": "ipsec", "Psk": PSK * 3}}},
}


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_site_and_verify(inventory, kinds, play, tmp_path):
    """The play of site.yml that writes, once more, then all of verify.yml, which finds no flannel here and says so."""
    place = Place(kinds.get("users", "3.6"), "v3", f"/test/site-{inventory}")
    place.lease(backend={"apart": "wireguard", "within": "ipsec"}[inventory], vni=0)
    plays = yaml.safe_load((PLAYBOOKS / "site.yml").read_text())
    write = next(one for one in plays if one["name"] == "Write the network's configuration")
    write["hosts"] = "localhost"  # in site.yml it is what the preflight has found
    verify = {"ansible.builtin.import_playbook": str(PLAYBOOKS / "verify.yml")}
    report = tmp_path / "report.json"
    played = play([write, write, verify], place, overlay_report=str(report), **INVENTORIES[inventory])
    assert "changed=2 " in played.printed, played.printed  # written once, and the report
    assert PSK in place.etcd.etcdctl("get", place.config_key).stdout
    assert all(word in played.log for word in (" config={", " network={"))
    refuse_shown(played)
    verdict = json.loads(report.read_text())
    assert verdict["leases"]["findings"] == []
    assert "flanneld_not_active" in [finding["code"] for finding in verdict["hosts"]["localhost"]["findings"]]
    assert report.stat().st_mode & 0o777 == 0o600
    assert PSK not in report.read_text()


def test_migrate(kinds, play):
    """The copying of the playbook. It is refused where the keys are not the same."""
    etcd = kinds.get("users", "3.4")
    old, new = Place(etcd, "v2", "/test/migrate"), Place(etcd, "v3", "/test/migrate")
    old.configure(NETWORKS["wireguard"])
    old.lease(backend="wireguard", vni=0)
    tasks = [{"ansible.builtin.import_tasks": str(PLAYBOOKS / "tasks/migrate.yml")}]
    plays = [{"hosts": "all", "gather_facts": False, "roles": ["overlay.flannel._overlay"], "tasks": tasks}]
    variables = {**INVENTORIES["apart"], "flannel_address": "192.0.2.1"}
    other = play(plays, new, **{**variables, "overlay_psk": "B" + PSK[1:]})
    assert "set network and psk" in other.printed
    refuse_shown(other)
    played = play(plays, new, **variables)
    assert played.code == 0, played.printed
    assert new.config == NETWORKS["wireguard"]
    refuse_shown(played)


def test_the_settings_of_docker(tmp_path):
    """host_info tells of docker's own file only what concerns the network."""
    settings = {
        "mtu": 1400,
        "proxies": {"http-proxy": "http://user:insgeheim@192.0.2.1"},
        "log-opts": {"token": IN_URL},
    }
    (tmp_path / "daemon.json").write_text(json.dumps(settings))
    module = "ansible_collections.overlay.flannel.plugins.module_utils.host.facts.docker"
    watched = Watched(
        "host_info", {}, tmp_path, f"import {module} as docker\ndocker.DAEMON_JSON = '{tmp_path}/daemon.json'\n"
    )
    assert watched.result["docker"]["daemon_json"] == {"exists": True, "error": None, "keys": {"mtu": 1400}}
    assert IN_URL not in str(watched)


def test_secret_files(tmp_path):
    """Also of more than one line, which AnsibleModule would not find in the list that it logs."""
    mine = {"owner": str(os.getuid()), "group": str(os.getgid()), "mode": "0600"}
    (tmp_path / "there").write_text(f"{PSK}\nearlier\n")
    texts = {"new": f"the first line\n{PSK}\n", "there": f"another\n{PSK}\n"}
    paths = [{"path": f"{tmp_path}/{name}", "content": text, "secret": True, **mine} for name, text in texts.items()]
    watched = Watched("files", {"paths": paths}, tmp_path)
    assert watched.result["changed"]
    assert f"{tmp_path}/there" in watched.log
    for word in (PSK, "the first line", "another", "earlier"):
        assert word not in str(watched)
