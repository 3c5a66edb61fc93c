"""Reading orders, blinding, sealing: what reviewers get, and what they cannot find out."""

from __future__ import annotations

import json
import re
import stat
from itertools import pairwise
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from needs import needs
from shared_files import EVIDENCE

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.review import Output, Review, create_review, key_path, unblind
from speckit_analysis.review.blinding import Blinder, as_html, laid_out
from speckit_analysis.review.cards import all_cards
from speckit_analysis.review.design import reading_orders
from speckit_analysis.review.leaks import vocabulary_leak
from speckit_analysis.review.rubric import load_rubric, parse_rubric
from speckit_analysis.review.sources import outputs_in_folder, outputs_of_evidence, outputs_of_list


def outputs(units=4, variants=("one", "many")):
    return [
        Output(f"SPEC-{u} plan", v, f"Step {u}: do the work of {u} well.", f"SPEC-{u}", "plan")
        for u in range(units)
        for v in variants
    ]


@given(
    units=st.integers(2, 9),
    variants=st.integers(2, 4),
    people=st.integers(1, 5),
    seed=st.integers(0, 99),
)
@settings(max_examples=80, deadline=None)
def test_orders_are_balanced_and_keep_variants_of_a_unit_apart(units, variants, people, seed):
    names = [f"v{n}" for n in range(variants)]
    reviewers = [f"r{n}" for n in range(people)]
    table = reading_orders([f"u{n}" for n in range(units)], names, reviewers, random=Random(seed))
    for _, own in table.groupby("reviewer"):
        # Everybody reads everything once, a unit never twice in a row.
        assert not own.duplicated(["unit", "variant"]).any()
        assert len(own) == units * variants
        assert all(one != other for one, other in pairwise(own["unit"]))
        # Each pass shows every unit once, its variants in turn.
        passes = (own["position"] - 1) // units
        assert (own.groupby(passes)["unit"].nunique() == units).all()
        counts = own.groupby([passes, "variant"]).size().unstack(fill_value=0)
        assert (counts.max(axis=1) - counts.min(axis=1)).max() <= 1
    # Over as many reviewers as there are variants, each comes first equally often for a unit.
    if people == variants:
        first = table.sort_values("position").drop_duplicates(["reviewer", "unit"])
        assert (first.groupby(["unit", "variant"]).size() == 1).all()


def test_units_can_be_dealt_out_in_complete_blocks():
    table = reading_orders(
        [f"u{n}" for n in range(6)], ["a", "b"], list("xyz"), random=Random(1), units_each=4
    )
    assert (table.groupby("reviewer").size() == 8).all()
    assert (table.groupby(["reviewer", "unit"])["variant"].nunique() == 2).all()
    assert (table.groupby("unit")["reviewer"].nunique() == 2).all()


def test_repeats_come_last_and_pairs_stand_together_if_asked():
    table = reading_orders(["u", "w", "z"], ["a", "b"], ["x"], random=Random(1), repeats=2)
    assert table["repeat"].tolist() == [False] * 6 + [True] * 2
    assert table["unit"].iloc[5] != table["unit"].iloc[6]
    paired = reading_orders(["u", "w", "z"], ["a", "b"], ["x"], random=Random(1), pairwise=True)
    assert paired["unit"].tolist() == [u for u in dict.fromkeys(paired["unit"]) for _ in "ab"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variants": ["a"]}, "needs 2 variants"),
        ({"units": ["u", "u"]}, "unit 'u' is there twice"),
        ({"units": ["u"]}, "stand next to each other"),
        ({"units_each": 9}, "9 units each, and there are 3"),
        ({"repeats": 5}, "5 repeats, and there can be 0 to 4"),
    ],
)
def test_designs_that_cannot_be_are_refused(changes, said):
    plan = {"units": ["u", "w", "z"], "variants": ["a", "b"], "reviewers": ["x"]}
    with pytest.raises(EvidenceError, match=said):
        reading_orders(**plan | changes, random=Random(1))


@pytest.mark.parametrize(
    ("text", "blinded"),
    [
        ("As Claude, I would split it.", "As [name], I would split it."),
        ("I am a large language model trained by Google.", "[self]."),
        ('"model": "gemini-2.5-pro"', '"model": "[name]"'),
        ("GPT-5 and claude_haiku agree", "[name] and [name] agree"),
        ("Anthropic's guide", "[name]'s guide"),
        ("see /home/ann/repo/docs/plan.md, line 3", "see [file 000.md], line 3"),
        ("docs/plan.md and plan.md", "[file 000.md] and [file 000.md]"),
        ("run_SPEC-KIT-900_1762744939_2c1010ad failed", "[run] failed"),
        ("from spec-plan_2025-10-14T15:58:30Z-79323873", "from spec-plan_[run]"),
        ("the consensus variant", "the [name] variant"),
        ("plan/tasks/implement at 3/4", "plan/tasks/implement at 3/4"),
        ("improve the codebase", "improve the codebase"),
    ],
)
def test_what_names_an_author_is_replaced(text, blinded):
    assert re.sub(r"file \d{3}", "file 000", Blinder(["consensus"])(text)) == blinded


def test_paths_can_be_kept_unless_they_name_somebody():
    blind = Blinder(keep_paths=True)
    assert blind("src/core/router.rs") == "src/core/router.rs"
    assert "claude" not in blind("evidence/claude/plan.json")


def test_every_author_gets_the_same_layout():
    first = laid_out(json.dumps({"agent": "gemini", "risks": ["quota"], "tasks": ["build it"]}))
    second = laid_out(
        json.dumps({"checklist": ["build it"], "model": "x", "edge_cases": ["quota"]})
    )
    assert first == second == "### Tasks\n\n- build it\n\n### Risks\n\n- quota"
    assert laid_out("# Title 🎉\n* one\n---\n") == "### Title \n- one"


def test_nothing_in_a_packet_runs():
    html = as_html("<script>alert(1)</script> [x](javascript:alert(1)) ![i](http://a/b.png)")
    assert "<script" not in html
    assert "href" not in html
    assert "<img" not in html


def create(tmp_path, **options):
    folder = tmp_path / "review"
    create_review(folder, "trial", outputs(), ["ann", "bob"], **options)
    return Review(folder)


def test_the_key_cannot_be_found_from_the_folder(tmp_path):
    review = create(tmp_path, repeats=1)
    whole = "".join(path.read_text() for path in review.folder.rglob("*") if path.is_file())
    assert "SPEC-" not in whole
    assert '"seed"' not in whole
    key = key_path(review.folder)
    leaks = review.folder.with_name(f"{review.folder.name}.leaks.md")
    for private in (key, leaks):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert not key.is_relative_to(review.folder)
    # Packets of one unit differ in nothing but what was blinded.
    secrets = json.loads(key.read_text())["packets"]
    assert set(secrets) == {path.stem for path in (review.folder / "packets").iterdir()}
    assert len({s["salt"] for s in secrets.values()}) == len(secrets)


def test_no_two_reviews_of_the_same_outputs_have_the_same_order(tmp_path):
    assert create(tmp_path / "a").plan != create(tmp_path / "b").plan


def fill(review, reviewers=None, **changes):
    from speckit_analysis.review.cards import Card

    for name in reviewers or review.plan.readings:
        for reading in review.readings(name):
            scores = dict.fromkeys(review.plan.rubric.names, 7.0)
            card = Card(
                experiment=review.plan.experiment,
                packet=reading.packet,
                reviewer=name,
                position=reading.position,
                **{"scores": scores, "overall": 7.0, "errors_found": 0} | changes,
                guess="one",
                guess_confidence="sure",
                complete=True,
            )
            review.cards(name).save(card)


def test_unblinding_waits_for_the_planned_cards(tmp_path):
    review = create(tmp_path)
    fill(review, ["ann"])
    with pytest.raises(EvidenceError, match="8 planned cards are not complete"):
        unblind(review.folder)
    assert review.unblinded is None
    fill(review, ["bob"])
    assert unblind(review.folder) == 16
    rows = sk.load(review.folder).reviews
    assert set(rows["variant"]) == {"one", "many"}
    assert set(rows["spec_id"]) == {f"SPEC-{n}" for n in range(4)}
    assert not rows["forced"].any()
    with pytest.raises(EvidenceError, match="unblinded already"):
        unblind(review.folder)


def test_forcing_is_recorded_on_every_card(tmp_path):
    review = create(tmp_path)
    fill(review, ["ann"])
    assert unblind(review.folder, force=True) == 8
    assert review.unblinded["forced"]
    assert len(review.unblinded["missing"]) == 8
    assert sk.load(review.folder).reviews["forced"].all()


def test_a_key_that_was_changed_does_not_open(tmp_path):
    review = create(tmp_path)
    fill(review)
    key = key_path(review.folder)
    content = json.loads(key.read_text())
    for secret in content["packets"].values():
        secret["variant"] = "many" if secret["variant"] == "one" else "one"
    key.write_text(json.dumps(content))
    with pytest.raises(EvidenceError, match="the key does not fit packet"):
        unblind(review.folder)
    assert sk.load(review.folder).reviews["variant"].isna().all()
    key.unlink()
    with pytest.raises(EvidenceError, match="no key at"):
        unblind(review.folder)


@pytest.mark.parametrize(
    ("about", "said"),
    [(0, "not the one that it is named for"), (None, "a packet that the key does not have")],
)
def test_one_wrong_card_leaves_all_of_them_blind(about, said, tmp_path):
    review = create(tmp_path)
    fill(review)
    cards, readings = review.cards("bob"), review.readings("bob")
    path = cards.path(readings[-1].packet)
    content = json.loads(path.read_text())
    content["packet"] = "PXXXXX" if about is None else readings[about].packet
    path.write_text(json.dumps(content))
    if about is None:
        path.rename(cards.path("PXXXXX"))
    with pytest.raises(EvidenceError, match=said):
        unblind(review.folder, force=True)
    assert review.unblinded is None
    assert all(card.variant is None for _, card in all_cards(review.folder / "cards"))
    assert cards.conflicts() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outputs": outputs()[1:]}, "SPEC-0 plan lacks one"),
        ({"outputs": [*outputs(), outputs()[0]]}, "SPEC-0 plan has two outputs of variant one"),
        ({"reviewers": ["../ann"]}, "no name for a reviewer"),
        ({"key": "review/key.json"}, "would lie inside the review"),
    ],
)
def test_reviews_that_would_mislead_are_refused(changes, said, tmp_path):
    given = {"outputs": outputs(), "reviewers": ["ann"]} | changes
    if "key" in given:
        given["key"] = tmp_path / given["key"]
    with pytest.raises(EvidenceError, match=said):
        create_review(tmp_path / "review", "trial", **given)
    assert not (tmp_path / "review" / "review.json").exists()


def test_nothing_is_written_over(tmp_path):
    create(tmp_path)
    with pytest.raises(EvidenceError, match="is not empty"):
        create(tmp_path)


def test_pseudonyms_are_in_the_key_alone(tmp_path):
    review = create(tmp_path, pseudonyms=True)
    assert list(review.plan.readings) == ["R1", "R2"]
    assert json.loads(key_path(review.folder).read_text())["reviewers"] == {
        "R1": "ann",
        "R2": "bob",
    }


def test_words_that_give_the_variant_away_are_noticed():
    units = [f"u{n}" for n in range(12) for _ in "ab"]
    variants = ["a", "b"] * 12
    telling = [f"common words of {v} signature{v} text" for v in variants]
    leak = vocabulary_leak(units, variants, telling)
    assert (leak.right, leak.share.n) == (24, 24)
    assert "signaturea" in leak.telling["a"]
    assert "gives authors away" in leak.sentence
    alike = vocabulary_leak(units, variants, ["the same words"] * 24)
    assert "does not prove" in alike.sentence
    assert "cannot be told" in vocabulary_leak(["u", "u"], ["a", "b"], ["x", "y"]).sentence


def test_a_rubric_of_ones_own(tmp_path):
    rubric = parse_rubric(
        '[[criterion]]\nname = "taste"\nquestion = "Good?"\nanchors = { 3 = "no" }\n'
    )
    assert rubric.names == ["taste"]
    assert load_rubric().names == ["completeness", "correctness", "clarity", "actionability"]
    for text, said in (
        ("criterion = 3", "is no rubric"),
        ("[[criterion]]\nname = 'overall'\nquestion = ''\nanchors = {}", "there twice"),
        ("criterion = []", "has no"),
    ):
        with pytest.raises(EvidenceError, match=said):
            parse_rubric(text)


def test_outputs_come_from_folders_lists_and_evidence(tmp_path):
    for unit in ("u1", "u2"):
        for variant in ("one", "many"):
            path = tmp_path / "drafts" / unit / f"{variant}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{unit} {variant}")
    found = outputs_in_folder(tmp_path / "drafts")
    assert [(each.unit, each.variant) for each in found][:2] == [("u1", "many"), ("u1", "one")]
    sheet = tmp_path / "list.csv"
    sheet.write_text("unit,variant,file,spec_id\nA,one,drafts/u1/one.md,SPEC-1\n")
    (only,) = outputs_of_list(sheet)
    assert (only.content, only.spec_id) == ("u1 one", "SPEC-1")
    sheet.write_text("unit;variant;file;spec_id\nA;one;drafts/u1/one.md;SPEC-1\n")
    assert outputs_of_list(sheet) == [only]
    sheet.write_text("unit,variant,file\nA,,drafts/u1/one.md\n")
    with pytest.raises(EvidenceError, match="line 2: no variant"):
        outputs_of_list(sheet)
    sheet.write_text('unit,variant,file\n"A\nB",one,drafts/u1/one.md\n\nA,,drafts/u1/one.md\n')
    with pytest.raises(EvidenceError, match="line 5: no variant"):
        outputs_of_list(sheet)
    with pytest.raises(EvidenceError, match="no outputs in"):
        outputs_in_folder(tmp_path / "drafts" / "u1")
    sample = sk.load(sk.sample_path())
    proposals, lacking = outputs_of_evidence(sample, ["gemini", "claude"], stages=["plan"])
    assert len(proposals) + 2 * len(lacking) == 20
    with pytest.raises(EvidenceError, match="no SPEC and stage"):
        outputs_of_evidence(sample, ["gemini", "claude"], include=["fixture"])


@pytest.mark.parametrize(
    ("agents", "stages", "said"),
    [
        (["gemini", "claud"], [], r"agent 'claud' in this evidence; did you mean claude\? There"),
        (["gemini", "claude"], ["paln"], r"stage 'paln' in this evidence; did you mean plan\? "),
        (["gemini", "nobody"], [], "agent 'nobody' in this evidence; there are: claude, gemini, "),
    ],
)
def test_names_that_no_proposal_has_are_refused_with_those_that_were_meant(agents, stages, said):
    sample = sk.load(sk.sample_path())
    with pytest.raises(EvidenceError, match=said):
        outputs_of_evidence(sample, agents, stages=stages)


@pytest.mark.parametrize("options", [{}, {"key": "file/r.key.json"}])
def test_a_place_that_cannot_be_written_to_is_a_sentence(options, tmp_path):
    (tmp_path / "file").write_text("no folder")
    folder = tmp_path / ("r" if options else "file/r")
    options = {name: tmp_path / path for name, path in options.items()}
    with pytest.raises(EvidenceError, match=r"cannot write the review .*/r and its key .*r\.key\."):
        create_review(folder, "e", outputs(), ["ann"], **options)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def run(*arguments, code=0):
    done = CliRunner().invoke(main, ["review", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def test_the_commands_from_creation_to_unblinding(tmp_path):
    folder = tmp_path / "r"
    agents = ("--agent", "gemini", "--agent", "claude", "--stage", "plan")
    made = run("create", folder, "--experiment", "plans", *agents, "--reviewer", "ann")
    assert "keep it from reviewers" in made.stdout
    assert "ann" in run("status", folder).stdout
    assert "not complete" in run("unblind", folder, code=2).output
    sheet = tmp_path / "ann.csv"
    run("export", folder, "--reviewer", "ann", "--out", sheet)
    assert (tmp_path / "ann.html").read_text().count("<section>") == 20
    sheet.write_text("scores that nobody imported")
    again = ("export", folder, "--reviewer", "ann", "--out", sheet)
    assert "ann.html are there already and may hold scores" in run(*again, code=2).output
    assert sheet.read_text() == "scores that nobody imported"
    run(*again, "--replace")
    assert sheet.read_text().startswith("position,packet,")
    page = run(*again[:-1], tmp_path / "new.html", code=2)
    assert "the page is called so" in page.output
    fill(Review(folder))
    run("unblind", folder)
    assert "unblinded 20" in run("status", folder).stdout
    assert (
        "either --outputs, or --agent"
        in run("create", tmp_path / "x", "--experiment", "e", "--reviewer", "a", code=2).output
    )
    assert "no review in" in run("status", tmp_path, code=2).output


def test_a_review_can_be_made_and_unblinded_from_inside_its_folder(tmp_path, monkeypatch):
    folder = tmp_path / "r"
    folder.mkdir()
    monkeypatch.chdir(folder)
    agents = ("--agent", "gemini", "--agent", "claude", "--stage", "plan")
    run("create", ".", "--experiment", "plans", *agents, "--reviewer", "ann")
    leaks = (tmp_path / "r.leaks.md").read_text()
    assert leaks.startswith("# What may give authors away in r\n")
    assert (tmp_path / "r.key.json").is_file()
    fill(Review(folder))
    assert "20 cards unblinded" in run("unblind", ".").stdout


@needs(EVIDENCE)
def test_real_proposals_are_blinded(tmp_path):
    ev = sk.load(EVIDENCE)
    found, _ = outputs_of_evidence(
        ev, ["gemini", "claude", "gpt_pro"], include=("measured", "role_played")
    )
    assert len(found) >= 15
    create_review(tmp_path / "r", "real", found, ["ann"])
    for path in (tmp_path / "r" / "packets").iterdir():
        text = json.loads(path.read_text())["text"].lower()
        for name in ("gemini", "claude", "gpt", "anthropic", "openai", "/home/", "docs/"):
            assert name not in text, (path.name, name)
