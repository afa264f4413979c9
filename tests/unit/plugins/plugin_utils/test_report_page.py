# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html.parser
import json
import re
import sys
from pathlib import Path

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import report_html, report_page
from ansible_collections.overlay.flannel.plugins.plugin_utils.report_drift import baseline_problem, drift_lines

sys.path.insert(0, str(Path(__file__).parents[3] / "page"))
import fleets  # noqa: E402

ELEMENT = report_html.element


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (ELEMENT("p", "<b>&\"'"), "<p>&lt;b&gt;&amp;&quot;&#x27;</p>"),
        (ELEMENT("p", ELEMENT("b", 1), None, ["x", False]), "<p><b>1</b>x</p>"),
        (
            ELEMENT("p", class_='"><script>', data_x=0, open=True, hidden=False),
            '<p class="&quot;&gt;&lt;script&gt;" data-x="0" open></p>',
        ),
        (ELEMENT("p", "a\u202eb\x1bc\ud800"), "<p>a\\u202eb\\x1bc\\ud800</p>"),
        (ELEMENT("meta", name="x"), '<meta name="x">'),
    ],
)
def test_whatever_is_not_markup_is_escaped(made, expected):
    assert made == expected


@pytest.mark.parametrize("code", ["a </script> b", "a <!-- b"])
def test_a_script_cannot_end_its_element_early(code):
    with pytest.raises(ValueError, match="early"):
        report_html.document("t", "", code, report_html.Html(""))


class Reader(html.parser.HTMLParser):
    """The names of all elements, and whether each is closed."""

    def __init__(self):
        super().__init__()
        self.names, self.open, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += [name for name, _value in attrs]
        if tag not in report_html.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(page):
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


@pytest.mark.parametrize("fleet", [fleets.Fleet(3), fleets.Fleet(12, wrong=True), fleets.Fleet(60), fleets.hostile()])
def test_the_page_is_whole_and_has_our_elements_only(fleet):
    found = read(fleet.page())
    assert not {"img", "iframe", "object", "link", "base", "form"} & set(found.names)
    assert found.names.count("script") == found.names.count("style") == 1
    assert not [name for name in found.attributes if name.startswith("on") or name in ("src", "style")]


def test_hostile_text_is_seen_as_text():
    page = fleets.hostile().page()
    assert fleets.HOSTILE not in page and "&lt;/script&gt;&lt;/style&gt;&lt;img src=x" in page
    assert not re.search("[\u202e\x1b]", page)


def test_only_what_the_report_names_gets_into_it():
    fleet = fleets.Fleet(3, wrong=True)
    assert fleets.CANARY in json.dumps(fleet.verdicts)
    assert fleets.CANARY not in fleet.page() and fleets.CANARY not in json.dumps(fleet.data())


def test_passwords_in_urls_of_etcd_are_redacted():
    fleet = fleets.Fleet(3)
    fleet.etcd["members"][0]["client_urls"] = [f"https://root:{fleets.CANARY}@192.0.2.1:2379"]
    assert fleets.CANARY not in fleet.page()


def test_headlines():
    def title(fleet):
        return re.search("<h1>(.*)</h1>", fleet.page())[1]

    assert title(fleets.Fleet(3)) == "All 3 hosts healthy"
    assert title(fleets.Fleet(12, wrong=True)) == "2 not healthy, 1 without an answer of 13 hosts"
    shared = fleets.Fleet(3)
    shared.etcd["healthy"] = False
    assert title(shared) == "3 hosts healthy, but not what they share"


def test_a_fleet_of_which_nothing_is_known():
    fleet = fleets.Fleet(2)
    fleet.missing, fleet.verdicts = fleet.names, {}
    fleet.leases, fleet.etcd = {"msg": "etcd does not answer"}, {"msg": "no endpoint"}
    data = fleet.data()
    assert (
        not data["healthy"]
        and data["leases_error"] == "etcd does not answer"
        and data["etcd"]["error"] == "no endpoint"
    )
    page = report_page.report_page(data, "", "")
    assert "Nothing is wrong" not in page and "Hosts without an answer: </b>flannel-1, flannel-2" in page
    assert "not known: etcd does not answer" in page and "not known: no endpoint" in page
    read(page)


def test_findings_with_one_fix_have_it_once():
    page = fleets.Fleet(12, wrong=True).page()
    part = page[page.index('id="findings"') : page.index('id="space"')]
    assert part.count("run site.yml, then make these containers anew") == 1
    assert part.count("containers have the MTU 1500") == 2


def test_a_baseline_is_read_back():
    healthy = fleets.Fleet(12).data()
    assert baseline_problem(json.dumps(healthy)) == ""
    assert fleets.Fleet(12).data(healthy)["drift"]["differences"] == []
    lines = drift_lines(fleets.Fleet(12, wrong=True).data(healthy)["drift"])
    assert lines[0].startswith("13 differences since ")
    assert "flannel-2: docker0: 10.43.37.1/24 -> 10.43.99.1/24" in lines
    assert "flannel-gone: host: (none) -> present" in lines


def test_a_host_that_does_not_answer_differs_in_its_state_only():
    healthy, fleet = fleets.Fleet(3).data(), fleets.Fleet(3)
    fleet.missing = [fleet.names[1]]
    del fleet.verdicts[fleet.names[1]]
    found = fleet.data(healthy)["drift"]["differences"]
    assert found == [{"subject": "flannel-2", "what": "state", "before": "ok", "after": "NO VERDICT"}]


def test_what_could_not_be_read_does_not_differ():
    healthy, fleet = fleets.Fleet(3).data(), fleets.Fleet(3)
    fleet.leases, fleet.etcd = {"msg": "no"}, {"msg": "no"}
    for verdict in fleet.verdicts.values():
        verdict["lease"] = None
    found = {(one["subject"], one["what"]) for one in fleet.data(healthy)["drift"]["differences"]}
    states = {(name, "state") for name in fleet.names}
    assert found == states | {("leases", "read"), ("etcd", "read")}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is not JSON"),
        ("[" * 100000, "it is not JSON"),
        ("[1]", "its format is not 1"),
        ('{"format": 2}', "its format is not 1"),
        ('{"format": 1}', "it is damaged: KeyError 'leases_error'"),
    ],
)
def test_what_is_no_baseline_is_refused(text, problem):
    assert baseline_problem(text) == problem
