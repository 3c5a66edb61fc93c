"""The scorecard: a form in the browser that reviewers fill packet by packet.

Nothing is filled in beforehand, every change is saved at once, and the key is never read.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import ipywidgets as widgets  # type: ignore[import-untyped]
import msgspec

import speckit_analysis
from speckit_analysis.errors import EvidenceError
from speckit_analysis.review.blinding import as_html
from speckit_analysis.review.briefs import shown
from speckit_analysis.review.cards import SURENESS, Card, NewerCard, Unblinded, now
from speckit_analysis.review.packets import Review, blank_card, create_review
from speckit_analysis.review.rubric import OF_ARBITER, TYPED, Criterion, parse_score
from speckit_analysis.review.sources import outputs_of_evidence
from speckit_analysis.tables.vocabulary import ASSESSMENTS, NO_GUESS

#: A pause longer than this does not count as time spent, in seconds.
LONGEST_PAUSE = 300.0

_SCORE = "0 to 10, steps of 0.5"

_CSS = resources.files(__package__).joinpath("scorecard.css").read_text(encoding="utf-8")
_STYLE = f"\n<style>\n{_CSS}</style>\n"


def reviewer_asked(query: str) -> str | None:
    """Return the reviewer that an address names, as in ``?reviewer=ann``."""
    return next(iter(parse_qs(query).get("reviewer", [])), None)


def open_scorecard(folder: str = "", reviewer: str = "") -> widgets.Widget:
    """Return the form for a notebook: of a review, or of a small one made for trying it out.

    Parameters
    ----------
    folder : str
        The review; by default what ``SPECKIT_REVIEW`` says, and without that a review of the
        bundled sample in a folder that is thrown away when Python ends.
    reviewer : str
        Who reviews; by default whom the address names (``?reviewer=ann``), else asked for.
    """
    folder = folder or os.environ.get("SPECKIT_REVIEW", "")
    reviewer = reviewer or reviewer_asked(os.environ.get("QUERY_STRING", "")) or ""
    try:
        return scorecard(folder or _trial(), reviewer or (None if folder else "you"))
    except EvidenceError as error:
        said = f'<p class="problem" role="alert">{escape(str(error))}</p>'
        return widgets.HTML(f'{_STYLE}<div class="scorecard">{said}</div>')


def _trial() -> Path:
    """Make a review of some of the sample's proposals, to try the form on."""
    around = tempfile.mkdtemp(prefix="speckit-review-")
    # The key lies beside the review, and goes with it.
    atexit.register(shutil.rmtree, around, ignore_errors=True)
    folder = Path(around) / "trial"
    evidence = speckit_analysis.load(speckit_analysis.sample_path())
    outputs, _ = outputs_of_evidence(evidence, ["gemini", "claude"], stages=["plan"])
    few = [each for each in outputs if each.unit in sorted({o.unit for o in outputs})[:3]]
    create_review(folder, "trial on the sample", few, ["you"])
    return folder


def scorecard(folder: str | Path, reviewer: str | None = None) -> widgets.Widget:
    """Return the form of a reviewer, or the choice of one.

    Parameters
    ----------
    folder : str or Path
        The review.
    reviewer : str, optional
        Who reviews; asked for if not told.

    Raises
    ------
    EvidenceError
        If there is no such review or reviewer.
    """
    review = Review(Path(folder))
    if reviewer:
        return Scorecard(review, reviewer).box
    return _choice(review)


def _choice(review: Review) -> widgets.Widget:
    """Ask who is there."""
    who = widgets.Dropdown(
        options=[("choose", None), *((name, name) for name in review.plan.readings)],
        description="I am",
    )
    begin = widgets.Button(description="Begin")
    said = widgets.HTML()
    title = widgets.HTML(f"{_STYLE}<h2>Blind review: {escape(review.plan.experiment)}</h2>")
    box = widgets.VBox([title, who, begin, said]).add_class("scorecard")

    def start(_: object) -> None:
        if who.value is None:
            said.value = '<p class="problem" role="alert">Choose your name first.</p>'
            return
        box.children = [Scorecard(review, who.value).box]

    begin.on_click(start)
    return box


class Scorecard:
    """The form of one reviewer; ``box`` is what is shown."""

    def __init__(self, review: Review, reviewer: str) -> None:
        self.review, self.reviewer = review, reviewer
        self.readings = review.readings(reviewer)
        self.cards = review.cards(reviewer)
        self.filling = False
        self._build()
        first = next((at for at in range(len(self.readings)) if not self._complete(at)), 0)
        self._open(first)

    # What it is made of

    def _build(self) -> None:
        plan = self.review.plan
        self.head = widgets.HTML()
        self.text = widgets.HTML().add_class("packet-column")
        self.problem = widgets.HTML().add_class("said")
        self.scores = {name: self._line(name, _SCORE) for name in plan.rubric.names}
        # Named as the fields of a card.
        self.answers = {
            "overall": self._line("overall", _SCORE),
            "errors_found": self._line("errors found", "a number, 0 if none"),
            "errors": self._area("which errors", "one a line"),
            "assessment": self._menu("the change is", ASSESSMENTS),
            "errors_caught": self._line("errors caught", "a number"),
            "false_positives": self._line("false positives", "a number"),
            "guess": self._menu("variant guess", (*plan.variants, NO_GUESS)),
            "guess_confidence": self._menu("how sure", SURENESS),
            "comment": self._area("comment", "anything else (optional)"),
        }
        self.back = self._button("Previous", lambda: self._leave_for(self.at - 1))
        self.forth = self._button("Next", lambda: self._leave_for(self.at + 1))
        self.unfinished = self._button("Next incomplete", self._to_incomplete)
        before = ("overall", "errors_found", "errors", *(OF_ARBITER if plan.arbiter else ()))
        rows = [
            *map(self._asked, plan.rubric.criterion),
            *(self.answers[name] for name in before),
            widgets.HTML('<span class="question">Which variant do you think this is?</span>'),
            *(self.answers[name] for name in ("guess", "guess_confidence", "comment")),
            widgets.HBox([self.back, self.forth, self.unfinished]),
        ]
        form = widgets.VBox(rows).add_class("form-column")
        body = widgets.HBox([self.text, form]).add_class("beside")
        self.box = widgets.VBox([self.head, self.problem, body]).add_class("scorecard")

    def _asked(self, criterion: Criterion) -> widgets.Widget:
        """Return the field of a criterion under its question and what some scores mean."""
        anchors = "<br>".join(
            f"<b>{escape(score)}</b> {escape(meaning)}"
            for score, meaning in criterion.anchors.items()
        )
        about = f'<span class="question">{escape(criterion.question)}</span>'
        question = widgets.HTML(f'{about}<p class="anchors">{anchors}</p>')
        return widgets.VBox([question, self.scores[criterion.name]])

    def _line(self, name: str, hint: str) -> widgets.Text:
        field = widgets.Text(description=name, placeholder=hint, continuous_update=False)
        return self._watched(field)

    def _area(self, name: str, hint: str) -> widgets.Textarea:
        wide = widgets.Layout(width="96%")
        return self._watched(
            widgets.Textarea(description=name, placeholder=hint, rows=2, layout=wide)
        )

    def _menu(self, name: str, options: Sequence[str]) -> widgets.Dropdown:
        choices = [("choose", None), *((option, option) for option in options)]
        return self._watched(widgets.Dropdown(description=name, options=choices))

    def _watched(self, field: widgets.Widget) -> widgets.Widget:
        field.observe(self._changed, "value")
        return field

    def _button(self, name: str, pressed: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=name)
        button.on_click(lambda _: pressed())
        return button

    # Going from packet to packet

    def _leave_for(self, at: int) -> None:
        """Show another packet, once what was typed here can be saved."""
        if self.wrong:
            self._tell([*self.wrong, "Correct that first, or it is lost."])
        else:
            self._open(at)

    def _open(self, at: int) -> None:
        """Show a packet with what was saved of it."""
        self._lock()
        self.wrong: list[str] = []  # of what was typed and cannot be saved
        self.at = max(0, min(at, len(self.readings) - 1))
        reading = self.readings[self.at]
        saved = self.cards.read(reading.packet)
        self.card = saved or blank_card(self.review, self.reviewer, reading)
        self.ticked = time.monotonic()
        packet = self.review.packet(reading.packet)
        self.text.value = (
            f"{shown(self.review.plan.briefs.get(packet.unit))}"
            '<div class="packet" role="document" tabindex="0"'
            f' aria-label="Packet {escape(packet.packet)}">'
            f"<h3>{escape(packet.unit)} · packet {escape(packet.packet)}</h3>"
            f"{as_html(packet.text)}</div>"
        )
        self._fill()
        self._tell()

    def _lock(self) -> None:
        """Take no more changes once the review is unblinded."""
        self.locked = self.review.unblinded is not None
        for field in (*self.scores.values(), *self.answers.values()):
            field.disabled = self.locked

    def _to_incomplete(self) -> None:
        order = [*range(self.at + 1, len(self.readings)), *range(self.at + 1)]
        self._leave_for(next((at for at in order if not self._complete(at)), self.at))

    def _complete(self, at: int) -> bool:
        card = self.cards.read(self.readings[at].packet)
        return card is not None and card.complete

    def _fill(self) -> None:
        """Put what was saved into the fields, without saving it again."""
        self.filling = True
        for name, field in self.scores.items():
            field.value = _shown(self.card.scores.get(name))
        for name, field in self.answers.items():
            answer = getattr(self.card, name)
            field.value = _shown(answer) if name in TYPED else answer
        self.filling = False

    # Saving

    def _changed(self, _: object) -> None:
        """Save what is filled in, and say what is not as it should be."""
        if self.filling or self.locked:
            return
        problems: list[str] = []

        def read(field: widgets.Text, parse: Callable[[str], Any]) -> Any:
            try:
                return parse(field.value)
            except ValueError as error:
                problems.append(f"{field.description}: {error}")
                return None

        scores = {name: read(field, parse_score) for name, field in self.scores.items()}
        answers = {
            name: read(field, TYPED[name]) if name in TYPED else field.value
            for name, field in self.answers.items()
        }
        tick = time.monotonic()
        spent = min(tick - self.ticked, LONGEST_PAUSE)
        self.ticked = tick
        changed = msgspec.structs.replace(
            self.card,
            scores={name: score for name, score in scores.items() if score is not None},
            **answers,
            seconds=round(self.card.seconds + spent, 1),
            started=self.card.started or now(),
        )
        self.wrong = list(problems)
        complete = not self.review.lacking(changed)
        self._save(msgspec.structs.replace(changed, complete=complete), problems)

    def _save(self, card: Card, problems: list[str]) -> None:
        try:
            self.card = self.cards.save(card)
        except NewerCard as error:
            problems.append(
                f"This card was changed in another window. What you typed is kept as"
                f" {error.kept.name}; the newer card is shown."
            )
            self.card, self.wrong = error.newer, []
            self._fill()
        except Unblinded as error:
            # What was typed stays in view, for who wants to copy it.
            problems.append(f"Not saved: {error}")
            self._lock()
        except (OSError, EvidenceError) as error:
            problems.append(f"Not saved: {error}")
        self._tell(problems)

    def _tell(self, problems: list[str] | None = None) -> None:
        """Show progress, what is missing, and what is wrong."""
        card = self.card
        cards = (self.cards.read(reading.packet) for reading in self.readings)
        spent = [saved.seconds for saved in cards if saved and saved.complete]
        done = len(spent)
        left = (len(self.readings) - done) * sum(spent) / done / 60 if spent else None
        time_left = f" · about {max(1, round(left))} min left" if left else ""
        state = "unblinded: cards can no longer be changed" if self.locked else "saved as you type"
        self.head.value = (
            f"{_STYLE}<h2>Blind review: {escape(self.review.plan.experiment)}</h2>"
            f'<p role="status">{escape(self.reviewer)} · packet {self.at + 1} of'
            f" {len(self.readings)} · {done} complete{time_left} · {state}</p>"
        )
        lacking = self.review.lacking(card)
        parts = [f'<p class="problem">{escape(text)}</p>' for text in problems or []]
        if card.complete and not parts:
            parts.append('<p class="done">This card is complete.</p>')
        elif card.revision and lacking:
            parts.append(f'<p class="anchors">Still open: {escape(", ".join(lacking))}.</p>')
        role = "alert" if problems else "status"
        self.problem.value = f'<div role="{role}">{"".join(parts)}</div>'
        self.back.disabled = self.at == 0
        self.forth.disabled = self.at == len(self.readings) - 1


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
