"""The task of each unit: where it comes from, how it is blinded, sealed and shown."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from needs import needs
from shared_files import EVIDENCE
from test_review_design import fill, outputs, run

import speckit_analysis as sk
from speckit_analysis.errors import EvidenceError
from speckit_analysis.review import Output, Review, create_review, key_path, unblind
from speckit_analysis.review.briefs import (
    briefs_in_folder,
    briefs_of_evidence,
    briefs_of_list,
    of_units,
)
from speckit_analysis.review.scorecard import Scorecard
from speckit_analysis.review.sheets import as_page

BRIEF = "# Retry\nAsk Claude, the many variant, to edit src/retry.py. Key: ghp_" + "a1B2" * 9


def create(tmp_path, briefs):
    create_review(tmp_path / "r", "trial", outputs(), ["ann", "bob"], briefs=briefs)
    return Review(tmp_path / "r")


def form_text(review, unit):
    """What the scorecard shows of the first packet of a unit."""
    form = Scorecard(review, "ann")
    while f"{unit} ·" not in form.text.value:
        form._leave_for(form.at + 1)
    return form.text.value


def test_a_brief_is_blinded_and_stands_beside_every_packet_of_its_unit(tmp_path):
    review = create(tmp_path, {"SPEC-0 plan": BRIEF})
    (brief,) = review.plan.briefs.values()
    assert re.sub(r"file \d+", "file N", brief) == (
        "### Retry\nAsk [name], the [name] variant, to edit [file N.py]. Key: [masked]"
    )
    assert list(review.plan.briefs) == ["Unit 1"]
    shown, without = form_text(review, "Unit 1"), form_text(review, "Unit 2")
    assert "<details open>" in shown
    assert "the [name] variant" in shown
    assert "<details" not in without
    assert "completeness can hardly be judged" in without
    page = as_page(review, "bob")
    assert page.count("the [name] variant") == 2
    assert page.count("completeness can hardly be judged") == 6


def test_nothing_in_a_brief_runs(tmp_path):
    review = create(tmp_path, {"SPEC-0 plan": "<script>alert(1)</script><img src=x onerror=y>"})
    for html in (form_text(review, "Unit 1"), as_page(review, "ann")):
        assert "<script" not in html
        assert "<img" not in html


def changed_brief(content):
    content["briefs"]["Unit 1"] += " And be brief."


def another_brief(content):
    content["briefs"]["Unit 2"] = content["briefs"]["Unit 1"]


def no_brief(content):
    content["briefs"].clear()


@pytest.mark.parametrize("change", [changed_brief, another_brief, no_brief])
def test_a_brief_cannot_be_swapped_unnoticed(change, tmp_path):
    review = create(tmp_path, {"SPEC-0 plan": BRIEF})
    fill(review)
    path = review.folder / "review.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(EvidenceError, match="key, packet or brief were changed"):
        unblind(review.folder)


def test_texts_of_two_packets_cannot_be_swapped_unnoticed(tmp_path):
    texts = [Output(f"u{u}", v, f"{v * 2} of {u}") for u in range(2) for v in ("one", "many")]
    create_review(tmp_path / "r", "trial", texts, ["ann"])
    review = Review(tmp_path / "r")
    fill(review)
    secrets = json.loads(key_path(review.folder).read_text())["packets"]
    one, other = (name for name, of in secrets.items() if of["unit"] == "u0")
    swapped = {one: review.packet(other).text, other: review.packet(one).text}
    for name, text in swapped.items():
        packet = msgspec.structs.replace(review.packet(name), text=text)
        (review.folder / "packets" / f"{name}.json").write_bytes(msgspec.json.encode(packet))
    with pytest.raises(EvidenceError, match="key, packet or brief were changed"):
        unblind(review.folder)


def test_a_review_with_briefs_is_unblinded(tmp_path):
    review = create(tmp_path, {"SPEC-0 plan": BRIEF, "SPEC-3 plan": "Do it."})
    fill(review)
    assert unblind(review.folder) == 16


@pytest.mark.parametrize(
    ("briefs", "said"),
    [
        ({"SPEC-0 pln": "x"}, r"'SPEC-0 pln' is of no unit .*did you mean SPEC-0 plan"),
        ({"SPEC-0 plan": " \n"}, "the brief of SPEC-0 plan is empty"),
        ({"SPEC-0 plan": '{"model": "x"}'}, "the brief of SPEC-0 plan is empty"),
    ],
)
def test_briefs_that_help_nobody_are_refused(briefs, said, tmp_path):
    with pytest.raises(EvidenceError, match=said):
        create(tmp_path, briefs)
    assert not (tmp_path / "r").exists()


def files(folder, **texts):
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_briefs_come_from_folders(tmp_path):
    folder = files(tmp_path, A_md="a", B_txt="b", C__brief_md="c", D__spec_md="d", E__x_md="e")
    (folder / ".hidden.md").write_text("no brief")
    assert briefs_in_folder(folder) == {"A": "a", "B": "b", "C": "c", "D": "d"}
    with pytest.raises(EvidenceError, match=r"no briefs in .*UNIT\.md, UNIT\.txt or UNIT/brief"):
        briefs_in_folder(tmp_path / "nowhere")
    files(tmp_path, A__brief_md="a")
    assert briefs_in_folder(folder)["A"] == "a"  # twice, and the same
    files(tmp_path, A_txt="another")
    with pytest.raises(EvidenceError, match=r"A has two briefs that differ .*A/brief.*A\.txt"):
        briefs_in_folder(folder)
    (folder / "A.txt").unlink()
    (folder / "B.txt").write_bytes(b"\xff\xfe\xfa b")
    with pytest.raises(EvidenceError, match=r"brief .*B\.txt: "):
        briefs_in_folder(folder)


def test_briefs_come_from_lists_of_their_own_and_from_those_of_outputs(tmp_path):
    files(tmp_path, a_md="a", b_md="b")
    sheet = tmp_path / "list.csv"
    sheet.write_text("unit,variant,file,brief\nA,one,x.md,a.md\nA,two,y.md,\nB,one,z.md,b.md\n")
    assert briefs_of_list(sheet) == {"A": "a", "B": "b"}
    sheet.write_text("unit,brief\nA,a.md\nA,b.md\n")
    with pytest.raises(EvidenceError, match=r"A has two briefs that differ .*line 2; .*line 3"):
        briefs_of_list(sheet)
    sheet.write_text("unit,variant,file\nA,one,x.md\n")
    assert briefs_of_list(sheet, required=False) == {}
    with pytest.raises(EvidenceError, match="no column brief"):
        briefs_of_list(sheet)
    sheet.write_text("unit,brief\nA,nowhere.md\n")
    with pytest.raises(EvidenceError, match=r"brief .*nowhere\.md: No such file"):
        briefs_of_list(sheet)


def test_a_brief_is_named_for_its_unit_or_its_spec():
    found, strangers = of_units({"SPEC-1": "one", "SPEC-2 plan": "two", "README": ""}, outputs())
    assert found == {"SPEC-1 plan": "one", "SPEC-2 plan": "two"}
    assert strangers == ["README"]
    both, _ = of_units({"SPEC-1 plan": "of the unit", "SPEC-1": "of the SPEC"}, outputs())
    assert both == {"SPEC-1 plan": "of the unit"}
    with pytest.raises(EvidenceError, match="'SPEC-9' is none of them"):
        of_units({"SPEC-9": "x"}, outputs())


PROMPT = "Context:\n===== spec.md =====\\n# Retry\nStop.\n===== plan.md =====\n# Plan\nTask: {}\n"


@pytest.mark.parametrize(
    ("prompts", "brief"),
    [
        (["Do it.", "Do it."], "Do it."),
        ([PROMPT.format("think"), "Read what the other says."], "# Retry\nStop.\n"),
        ([PROMPT.format("think"), PROMPT.format("write")], "# Retry\nStop.\n"),
        (["Do it.", "Do it well."], None),
    ],
)
def test_what_all_agents_were_asked_is_found_in_evidence(prompts, brief, tmp_path):
    folder = tmp_path / "consensus" / "SPEC-1"
    folder.mkdir(parents=True)
    for agent, text in zip(("claude", "gemini"), prompts, strict=True):
        (folder / f"spec-plan_20251111T152811Z_{agent}_prompt.txt").write_text(text)
    evidence = sk.load(tmp_path)
    own = [Output("SPEC-1 plan", "claude", "x", "SPEC-1", "plan")]
    expected = {} if brief is None else {"SPEC-1 plan": brief}
    assert briefs_of_evidence(evidence, own) == expected
    other = files(tmp_path, **{"SPEC-1-slug__spec_md": "The SPEC.", "SPEC-11__spec_md": "Another."})
    found = briefs_of_evidence(sk.load(other), own)
    assert found == expected | {"SPEC-1": "The SPEC."}
    files(tmp_path, **{"SPEC-1-again__spec_md": "A second one."})
    with pytest.raises(EvidenceError, match="SPEC-1 has two briefs that differ"):
        briefs_of_evidence(sk.load(other), own)


def test_the_command_takes_briefs_and_says_which_are_missing(tmp_path):
    drafts = files(
        tmp_path / "drafts", u1__one_md="1", u1__two_md="2", u2__one_md="3", u2__two_md="4"
    )
    told = ("--experiment", "e", "--outputs", drafts, "--reviewer", "ann")
    bare = run("create", tmp_path / "bare", *told).stdout
    assert "0 of 2 units with a brief" in bare
    assert "completeness can hardly be judged" in bare
    tasks = files(tmp_path / "tasks", u1_md="Do this.", README_md="Read me.")
    some = run("create", tmp_path / "some", *told, "--briefs", tasks).stdout
    assert "1 of 2 units with a brief" in some
    assert "without a brief: u2." in some
    assert "of no unit, left out: README" in some
    files(tasks, u2_md="Do that.")
    every = run("create", tmp_path / "every", *told, "--briefs", tasks).stdout
    assert "2 of 2 units with a brief" in every
    assert "hardly be judged" not in every
    assert Review(tmp_path / "every").plan.briefs == {"Unit 1": "Do this.", "Unit 2": "Do that."}
    sheet = files(tmp_path, list_csv="unit,variant,file,brief\n").joinpath("list.csv")
    with sheet.open("a") as lines:
        for unit in ("u1", "u2"):
            for name in ("one", "two"):
                lines.write(f"{unit},{name},drafts/{unit}/{name}.md,tasks/{unit}.md\n")
    listed = ("--experiment", "e", "--outputs", sheet, "--reviewer", "ann")
    assert "2 of 2 units with" in run("create", tmp_path / "listed", *listed).stdout


@needs(EVIDENCE)
def test_the_spec_is_found_in_real_prompts():
    own = [Output("SPEC-KIT-DEMO plan", "claude", "x", "SPEC-KIT-DEMO", "plan")]
    (brief,) = briefs_of_evidence(sk.load(EVIDENCE), own).values()
    assert brief.startswith("# Spec: SPEC-KIT-DEMO Guardrail Baseline (T26)")
    assert not re.search(r"===== |^Task:", brief, re.MULTILINE)
