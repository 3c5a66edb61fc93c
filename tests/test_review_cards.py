"""Cards: saved whole, never over a newer one, and read from a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading

import ipywidgets as widgets
import msgspec
import pytest
from test_review_design import create, fill

import speckit_analysis as sk
from speckit_analysis.errors import EvidenceError
from speckit_analysis.review import seal, unblind
from speckit_analysis.review.cards import Card, NewerCard, Unblinded
from speckit_analysis.review.packets import blank_card
from speckit_analysis.review.rubric import parse_count, parse_score
from speckit_analysis.review.scorecard import (
    Scorecard,
    open_scorecard,
    reviewer_asked,
    scorecard,
)
from speckit_analysis.review.sheets import as_sheet, read_sheet


def first_card(review, name="ann"):
    return blank_card(review, name, review.readings(name)[0])


def test_a_newer_card_is_never_written_over(tmp_path):
    review = create(tmp_path)
    cards = review.cards("ann")
    one, other = first_card(review), first_card(review)
    saved = cards.save(msgspec.structs.replace(one, overall=7.0))
    with pytest.raises(NewerCard) as raised:
        cards.save(msgspec.structs.replace(other, overall=3.0))
    assert cards.read(one.packet) == saved
    kept = json.loads(raised.value.kept.read_text())
    assert kept["overall"] == 3.0
    assert cards.conflicts() == [raised.value.kept]
    assert review.status().set_index("reviewer").loc["ann", "conflicts"] == 1
    # What was kept beside is no evidence: the card counts once.
    assert len(sk.load(review.folder).reviews) == 1


def test_many_tabs_at_once_lose_nothing(tmp_path):
    review = create(tmp_path)
    card = first_card(review)

    def save(score):
        try:
            review.cards("ann").save(msgspec.structs.replace(card, overall=score))
        except NewerCard:
            return

    threads = [threading.Thread(target=save, args=(n / 2,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cards = review.cards("ann")
    scores = {json.loads(path.read_text())["overall"] for path in cards.conflicts()}
    assert len(scores | {cards.read(card.packet).overall}) == 16


def test_a_file_that_is_no_card_is_told(tmp_path):
    review = create(tmp_path)
    cards = review.cards("ann")
    cards.folder.mkdir(parents=True)
    cards.path("P1").write_text('{"experiment": 3}')
    with pytest.raises(EvidenceError, match=r"P1\.card\.json is no card"):
        cards.read("P1")


def test_the_lock_of_a_reviewers_cards_is_no_problem(tmp_path):
    review = create(tmp_path)
    review.cards("ann").save(first_card(review))
    evidence = sk.load(review.folder)
    files = evidence.files.set_index("source")
    assert files.loc["cards/ann/.lock", ["format", "parse_state"]].tolist() == ["lock", "ok"]
    assert "empty_file" not in set(evidence.problems["kind"])


@pytest.mark.parametrize("text", ["11", "-1", "7.3", "seven", "nan"])
def test_what_is_no_score_is_refused(text):
    with pytest.raises(ValueError, match="is no score"):
        parse_score(text)


@pytest.mark.parametrize("text", ["-1", "1.5", "two", "²"])
def test_what_is_no_number_of_errors_is_refused(text):
    with pytest.raises(ValueError, match="is no number of errors: 0, 1, 2"):
        parse_count(text)


def test_a_begun_card_is_marked_and_not_lost(tmp_path):
    review = create(tmp_path)
    review.cards("ann").save(msgspec.structs.replace(first_card(review), overall=6.5))
    (row,) = sk.load(review.folder).reviews.itertuples()
    assert (row.score, row.criterion, row.complete) == (6.5, "overall", False)
    status = review.status().set_index("reviewer")
    assert status.loc["ann", ["begun", "complete"]].tolist() == [1, 0]


# The form, without a browser


def fields(form):
    """Return the fields of a form by their labels."""
    found = {}

    def walk(widget):
        if getattr(widget, "description", ""):
            found[widget.description] = widget
        for child in getattr(widget, "children", ()):
            walk(child)

    walk(form.box)
    return found


def complete(form, score="7.5"):
    here = fields(form)
    for name in (*form.review.plan.rubric.names, "overall"):
        here[name].value = score
    here["errors found"].value = "0"
    here["variant guess"].value = "one"
    here["how sure"].value = "a guess"


def test_nothing_is_filled_in_beforehand_and_every_change_is_saved(tmp_path):
    review = create(tmp_path)
    form = Scorecard(review, "ann")
    here = fields(form)
    assert all(not field.value for field in here.values() if isinstance(field, widgets.Text))
    assert here["variant guess"].value is None
    assert not list(review.folder.glob("cards/*/*.json"))
    here["clarity"].value = "8"
    assert review.cards("ann").read(form.card.packet).scores == {"clarity": 8.0}
    here["clarity"].value = "8.2"
    assert "no score: 0 to 10" in form.problem.value
    assert review.cards("ann").read(form.card.packet).scores == {}
    complete(form)
    assert "This card is complete" in form.problem.value
    assert "1 complete" in form.head.value


def test_what_cannot_be_saved_is_not_left_behind_in_silence(tmp_path):
    form = Scorecard(create(tmp_path), "ann")
    here = fields(form)
    here["clarity"].value = "11"
    form.forth.click()
    assert (form.at, here["clarity"].value) == (0, "11")
    assert "Correct that first, or it is lost." in form.problem.value
    here["clarity"].value = "10"
    form.forth.click()
    assert form.at == 1


def test_a_form_resumes_where_one_stopped_and_goes_back(tmp_path):
    review = create(tmp_path)
    first = Scorecard(review, "ann")
    complete(first)
    again = Scorecard(review, "ann")
    assert again.at == 1
    again.back.click()
    assert fields(again)["clarity"].value == "7.5"
    again.unfinished.click()
    assert again.at == 1


def test_a_long_pause_is_no_time_spent(tmp_path):
    form = Scorecard(create(tmp_path), "ann")
    form.ticked -= 3600
    fields(form)["clarity"].value = "8"
    assert form.card.seconds == 300


def test_a_second_window_shows_the_newer_card(tmp_path):
    review = create(tmp_path)
    one, other = Scorecard(review, "ann"), Scorecard(review, "ann")
    fields(one)["clarity"].value = "9"
    fields(other)["clarity"].value = "2"
    assert "changed in another window" in other.problem.value
    assert fields(other)["clarity"].value == "9"
    assert len(review.cards("ann").conflicts()) == 1
    fields(other)["correctness"].value = "5"
    assert review.cards("ann").read(other.card.packet).scores == {
        "clarity": 9.0,
        "correctness": 5.0,
    }


def test_the_name_of_a_packet_stays_text(tmp_path):
    review = create(tmp_path)
    path = review.folder / "packets" / f"{review.readings('ann')[0].packet}.json"
    name = 'P" onfocus="alert(1)'
    path.write_text(json.dumps(json.loads(path.read_text()) | {"packet": name}))
    shown = Scorecard(review, "ann").text.value
    assert 'aria-label="Packet P&quot; onfocus=&quot;alert(1)"' in shown
    assert name not in shown


def test_two_reviewers_do_not_mix(tmp_path):
    review = create(tmp_path)
    complete(Scorecard(review, "ann"), "4")
    complete(Scorecard(review, "bob"), "9")
    rows = sk.load(review.folder).reviews
    assert rows.groupby("reviewer", observed=True)["score"].max().to_dict() == {"ann": 4, "bob": 9}


def test_an_unblinded_review_is_read_only(tmp_path):
    review = create(tmp_path)
    fill(review)
    unblind(review.folder)
    form = Scorecard(review, "ann")
    assert fields(form)["clarity"].disabled
    assert "can no longer be changed" in form.head.value


def test_an_open_form_locks_itself_once_the_review_is_unblinded(tmp_path):
    review = create(tmp_path)
    fill(review, ["ann"])
    one, other = Scorecard(review, "ann"), Scorecard(review, "bob")
    assert unblind(review.folder, force=True) == 8
    before = review.cards("ann").read(one.card.packet)
    for form in (one, other):
        for score in ("2", "3"):
            fields(form)["clarity"].value = score
        assert "Not saved: this review is unblinded" in form.problem.value
        assert fields(form)["clarity"].disabled
        assert "can no longer be changed" in form.head.value
    assert review.cards("ann").read(one.card.packet) == before
    assert not list(review.folder.glob("cards/bob/*.json"))
    assert not review.cards("ann").conflicts()


def test_a_form_that_goes_on_sees_that_the_review_is_unblinded(tmp_path):
    review = create(tmp_path)
    fill(review)
    form = Scorecard(review, "ann")
    unblind(review.folder)
    form.forth.click()
    assert fields(form)["clarity"].disabled
    assert "can no longer be changed" in form.head.value


def test_no_card_is_saved_while_a_review_is_unblinded(tmp_path, monkeypatch):
    review = create(tmp_path)
    fill(review)
    card = review.cards("ann").read(review.readings("ann")[0].packet)
    refused = []

    def save():
        try:
            review.cards("ann").save(card)
        except Unblinded as error:
            refused.append(error)

    late = threading.Thread(target=save)

    def read_key(path):
        late.start()
        late.join(0.2)
        return seal.read_key(path)

    monkeypatch.setattr("speckit_analysis.review.unblinding.read_key", read_key)
    unblind(review.folder)
    late.join()
    assert len(refused) == 1
    assert review.cards("ann").read(card.packet).variant


def test_an_arbiter_review_asks_more(tmp_path):
    form = Scorecard(create(tmp_path, arbiter=True), "ann")
    complete(form)
    assert "Still open: assessment, errors caught, false positives" in form.problem.value
    here = fields(form)
    here["the change is"].value = "improvement"
    here["errors caught"].value, here["false positives"].value = "2", "x"
    assert "no number of errors" in form.problem.value
    here["false positives"].value = "0"
    assert "This card is complete" in form.problem.value
    (row,) = sk.load(form.review.folder).reviews.query("criterion == 'overall'").itertuples()
    assert (row.assessment, row.errors_caught, row.false_positives) == ("improvement", 2, 0)


def test_who_is_there_is_asked_or_told_by_the_address(tmp_path, monkeypatch):
    review = create(tmp_path)
    box = scorecard(review.folder)
    _, who, begin, said = box.children
    begin.click()
    assert "Choose your name" in said.value
    who.value = "bob"
    begin.click()
    assert "bob" in box.children[0].children[0].value
    assert reviewer_asked("a=1&reviewer=ann") == "ann"
    monkeypatch.setenv("QUERY_STRING", "reviewer=mallory")
    assert "no reviewer of this review" in open_scorecard(str(review.folder)).value


def test_without_a_review_there_is_one_to_try():
    box = open_scorecard()
    assert "trial on the sample" in box.children[0].value


def test_a_review_to_try_is_thrown_away(tmp_path):
    code = (
        "from speckit_analysis.review.scorecard import open_scorecard; from pathlib import Path;"
        "open_scorecard(); print(*Path('.').glob('speckit-review-*/trial/review.json'))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "review.json" in ran.stdout
    assert not list(tmp_path.glob("speckit-review-*"))


# Spreadsheets


def edited(review, name="ann", **cells):
    rows = list(csv.DictReader(io.StringIO(as_sheet(review, name))))
    rows[0] |= cells
    sink = io.StringIO()
    writer = csv.DictWriter(sink, rows[0], delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    path = review.folder.parent / "sheet.csv"
    path.write_text("\ufeff" + sink.getvalue(), encoding="utf-8")
    return path


FULL = {
    **dict.fromkeys(("completeness", "correctness", "clarity", "actionability", "overall"), "7,5"),
    **{"errors_found": "1", "guess": "one", "guess_confidence": "sure"},
}


def test_a_sheet_goes_there_and_back(tmp_path):
    review = create(tmp_path)
    assert read_sheet(review, "ann", edited(review, **FULL)) == 1
    card = review.cards("ann").read(review.readings("ann")[0].packet)
    assert (card.complete, card.overall, card.errors_found) == (True, 7.5, 1)
    again = review.folder.parent / "again.csv"
    again.write_text(as_sheet(review, "ann"), encoding="utf-8")
    assert read_sheet(review, "ann", again) == 0
    changed = edited(review, comment="thin")
    with pytest.raises(EvidenceError, match="says something else already"):
        read_sheet(review, "ann", changed)
    assert read_sheet(review, "ann", changed, replace=True) == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"clarity": "12"}, "line 2, clarity: '12' is no score"),
        ({"errors_found": "many"}, "errors_found: 'many' is no number of errors"),
        ({"guess": "gemini"}, "guess: 'gemini' is none of"),
        ({"packet": "PXXXX"}, "'PXXXX' is no packet of ann"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(cells, said, tmp_path):
    review = create(tmp_path)
    with pytest.raises(EvidenceError, match=said):
        read_sheet(review, "ann", edited(review, **FULL | cells))
    assert not list(review.folder.glob("cards/*/*.card.json"))


def saved_again(text, separator):
    """Return a sheet as a spreadsheet would save it with another separator."""
    sink = io.StringIO()
    csv.writer(sink, delimiter=separator).writerows(csv.reader(io.StringIO(text), delimiter=";"))
    return sink.getvalue()


def lines_with(text, tail):
    return "".join(line + tail + "\n" for line in text.splitlines())


AS_SAVED = {
    "a mark of UTF-8": lambda text: text.encode("utf-8-sig"),
    "UTF-16 with a mark": lambda text: text.encode("utf-16"),
    "UTF-16 without one": lambda text: text.encode("utf-16-le"),
    "UTF-16, the other way": lambda text: text.encode("utf-16-be"),
    "tabs": lambda text: saved_again(text, "\t").encode(),
    "commas": lambda text: saved_again(text, ",").encode(),
    "a line that says the separator": lambda text: f"sep=;\n{text}".encode(),
    "a quoted line that says it": lambda text: f'"sep=;"\r\n{text}'.encode(),
    "the separator is a colon": lambda text: f"sep=:\n{saved_again(text, ':')}".encode(),
    "rows of nothing at the end": lambda text: (text + ";;;;;;;;\n" * 2 + " ; \n").encode(),
    "columns of nothing": lambda text: lines_with(text, ";; ;").encode(),
    "a row of nothing at the top": lambda text: f";;;;\n\n{text}".encode(),
    "a title above": lambda text: f"Scores of Ann;;\n\n{text}".encode(),
    "line ends of old machines": lambda text: text.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("way", AS_SAVED)
def test_a_sheet_is_read_however_a_spreadsheet_saved_it(way, tmp_path):
    """Encodings, separators and empty rows are the spreadsheet's, and say nothing of the scores."""
    review = create(tmp_path)
    sheet = edited(review, **FULL | {"comment": "gründlich – gut"})
    text = "".join(line + "\n" for line in sheet.read_text("utf-8-sig").splitlines() if line)
    sheet.write_bytes(AS_SAVED[way](text))
    assert read_sheet(review, "ann", sheet) == 1
    card = review.cards("ann").read(review.readings("ann")[0].packet)
    assert (card.complete, card.overall, card.comment) == (True, 7.5, "gründlich – gut")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("packet;comment\nP1;gründlich".encode("cp1252"), "line 2 is not UTF-8 text; save it as"),
        (b"PK\x03\x04...", "an Excel or zip file, not text; save it as CSV UTF-8"),
        ("packet".encode("utf-16") + b"x", "line 1 is not UTF-8 text; save it as CSV UTF-8"),
        (b"packet,comment\nP1,a\0b", "binary data, not text"),
        (b'packet,comment\nP1,"never closed\n', "no CSV in line 2: unexpected end of data"),
        (b"packet,packet\nP1,P2\n", "two columns are called 'packet'"),
        (b"packet,comment\nP1,good, but short\n", "line 2 has 3 cells, the header 2; quote"),
        (b"", "the file is empty"),
    ],
)
def test_a_sheet_that_cannot_be_read_for_certain_is_refused(content, said, tmp_path):
    """Nothing is guessed, and nothing that stands beyond the columns is cut off."""
    review = create(tmp_path)
    sheet = tmp_path / "ann.csv"
    sheet.write_bytes(content)
    with pytest.raises(EvidenceError) as refused:
        read_sheet(review, "ann", sheet)
    assert said in str(refused.value)
    assert str(sheet) in str(refused.value)
    assert not list(review.folder.glob("cards/*/*.card.json"))


def test_lines_are_counted_where_cells_have_line_breaks(tmp_path):
    review = create(tmp_path)
    sheet = edited(review, **FULL | {"errors": "no test\nno owner"})
    rows = sheet.read_text(encoding="utf-8").splitlines()
    rows[3] = rows[3].replace(review.readings("ann")[1].packet, "PXXXX")
    sheet.write_text("\n".join([*rows[:3], "", *rows[3:]]), encoding="utf-8")
    with pytest.raises(EvidenceError, match="line 5: 'PXXXX' is no packet of ann"):
        read_sheet(review, "ann", sheet)


def test_a_packet_twice_in_a_sheet_is_refused_before_anything_is_saved(tmp_path):
    review = create(tmp_path)
    sheet = edited(review, **FULL)
    _, first, *_ = rows = sheet.read_text(encoding="utf-8").splitlines()
    sheet.write_text("\n".join([*rows, first.replace("7,5", "8")]), encoding="utf-8")
    packet = review.readings("ann")[0].packet
    with pytest.raises(EvidenceError, match=f"line 10: '{packet}' is there twice, first in line 2"):
        read_sheet(review, "ann", sheet)
    assert not list(review.folder.glob("cards/*/*.json"))


def test_the_kernel_never_opens_the_key(tmp_path, monkeypatch):
    review = create(tmp_path)
    (tmp_path / "review.key.json").chmod(0)
    (tmp_path / "review.key.json").unlink()
    complete(Scorecard(review, "ann"))
    assert isinstance(review.cards("ann").read(review.readings("ann")[0].packet), Card)
