"""Figures and tables on a page: same bytes, own ids, the page's ink, evidence as text."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from frames import frame
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import speckit_analysis as sk
from speckit_analysis.analysis import cost, disagreement, experiment, review, wording
from speckit_analysis.analysis.cost import accounting, budget, projection
from speckit_analysis.analysis.cost.anomalies import outliers
from speckit_analysis.analysis.cost.billing import reconcile
from speckit_analysis.analysis.cost.budget import use_over_time
from speckit_analysis.analysis.cost.routing import Routing, savings
from speckit_analysis.analysis.disagreement.health import consensus_health, health_shares
from speckit_analysis.analysis.disagreement.pairs import by_pair
from speckit_analysis.analysis.evidence import soundness
from speckit_analysis.analysis.experiment import arbiter, checked, guardrail
from speckit_analysis.analysis.experiment.plan import nameless
from speckit_analysis.analysis.intervals import share
from speckit_analysis.analysis.review import blinding
from speckit_analysis.analysis.selection import measured
from speckit_analysis.analysis.summaries import PERIODS, crosstab
from speckit_analysis.display import note, points, show, table
from speckit_analysis.figures import blind_review as review_figures
from speckit_analysis.figures import cost as cost_figures
from speckit_analysis.figures import disagreement as disagreement_figures
from speckit_analysis.figures import evidence as soundness_figures
from speckit_analysis.figures import experiment as experiment_figures
from speckit_analysis.figures import outcomes as outcome_figures
from speckit_analysis.figures import spending as spending_figures
from speckit_analysis.figures.axes import time_places
from speckit_analysis.figures.labels import name_points
from speckit_analysis.figures.theme import (
    PAGE_INKS,
    canvas,
    clean,
    edge_width,
    empty,
    ink_on,
    theme,
)
from speckit_analysis.prices.invoices import Invoice
from speckit_analysis.sample import real_study_path

NASTY = '<script>alert("$x^2$")</script>'

CALLS = frame(
    "calls",
    [
        {"run_id": "S1/a", "spec_id": "S1", "stage": "plan", "agent": agent, "model_id": agent}
        | {"cost_usd": amount, "cost_usd_reported": amount / 2, "latency_ms": 4000 * amount}
        | {"total_tokens": 1000}
        | {"timestamp": "2025-11-03", "status": "ok"}
        for agent, amount in (("claude", 0.5), (NASTY, 1.5), ("gemini", 0.25))
    ],
)
RUNS = frame(
    "runs",
    [
        {"run_id": "S1/a", "spec_id": "S1", "stage": "plan", "agents_ok": 3, "conflicts": 1}
        | {"agents_called": 3, "calls_failed": 0, "timestamp": "2025-11-03", "status": "conflict"}
        | {"escalated": False}
        | {"status_recorded": "ok", "disagreement_recorded": True, "disagreement_points": 0},
        {"run_id": "S2/a", "spec_id": "S2", "stage": "tasks", "agents_ok": 2, "conflicts": 0}
        | {"calls_failed": 1, "timestamp": "2025-11-12", "status": "ok", "status_recorded": "ok"},
    ],
)
POINTS = frame(
    "disagreements",
    [{"run_id": "S1/a", "origin": "declared", "agents": "claude, gemini", "type": "scope"}],
)
FILES = frame(
    "files",
    [
        {"source": "a", "spec_id": NASTY, "bytes": 3_000_000, "disk_bytes": 20_000_000},
        {"source": "b", "spec_id": "S2", "bytes": 10, "disk_bytes": 4096},
    ],
)
PROBLEMS = frame(
    "problems", [{"source": "a", "kind": NASTY, "severity": "error", "message": "broken"}]
)
PROPOSALS = frame(
    "proposals",
    [{"agent": NASTY, "payload_class": "structured"}, {"agent": "claude", "payload_class": "stub"}],
)
COSTS = frame(
    "costs",
    [{"spec_id": "S1", "scope": "total", "cost_usd_reported": 1.0, "budget_usd": 2.0}],
)


MANY = frame(
    "calls",
    [
        {"run_id": f"S{spec}/{stage}", "spec_id": f"S{spec}", "stage": stage, "agent": agent}
        | {"model_id": model, "provider": maker, "timestamp": "2025-11-03", "status": "ok"}
        | {"cost_usd": (spec + 1) * share, "prompt_tokens": 1000 + spec, "completion_tokens": 9}
        | {"latency_ms": 90_000 if spec == 8 and stage == "plan" else 1000 + 40 * spec}
        for spec in range(9)
        for stage in ("plan", "tasks")
        for agent, model, maker, share in (
            ("claude", "claude-sonnet-4-5", "anthropic", 0.1 + 0.01 * spec),
            (NASTY, "gpt-5", "openai", 0.2),
        )
    ],
)


def bill(calls) -> Invoice:
    lines = calls.assign(date=calls["timestamp"].dt.floor("D"), billed_usd=calls["cost_usd"] * 1.1)
    names = {"date", "provider", "model_id", "billed_usd", "prompt_tokens", "completion_tokens"}
    rows = lines[sorted(names)].astype({"provider": "string", "model_id": "string"})
    return Invoice(rows, rows.head(0))


def figures(calls, runs, points, files, problems, proposals, costs) -> dict[str, Figure]:
    """Draw every figure of the notebooks."""
    comparable = disagreement.comparable_runs(measured(runs, noun="run"), points)
    rate = disagreement.rate(comparable.kept)
    calls = cost.with_tokens(calls)
    premium = cost.consensus_premium(calls)
    pairs = by_pair(comparable.kept, calls, points)
    sizes = soundness.footprint(files, 15, 25)
    of_type = disagreement.shares(disagreement.genuine(points), "type")
    flags = disagreement.flag_against_points(runs)
    health = consensus_health(runs)
    by_model = cost.reported_against_computed(calls)
    weeks = cost.over_time(calls, "week")
    by_agent = cost.profile(calls, "agent")
    beside = (rate, disagreement.degraded(runs), disagreement.escalations(runs))
    on_money, on_opinion, on_trust = cost_figures, disagreement_figures, soundness_figures
    held = budget.budgets(costs, calls)
    many = MANY if len(calls) else calls
    _, saved = savings(many, [Routing.parse("*=claude")] if len(many) else [])
    found = reconcile(many, bill(many)) if len(many) else None
    classes = projection.by_complexity(projection.spec_costs(many).kept)
    return {
        "coverage": on_trust.coverage(soundness.coverage(runs)),
        "coverage_by": on_trust.coverage_by(soundness.coverage_by(runs)),
        "provenance": on_trust.provenance(soundness.provenance_shares({"runs": runs})),
        "payloads": on_trust.payloads(soundness.payloads_by_agent(proposals)),
        "problems": on_trust.problems(soundness.problem_counts(problems)),
        "footprint": on_trust.footprint(sizes, 15, 25),
        "statuses": on_trust.statuses(soundness.status_crosstab(runs)),
        "spend": on_money.spend(by_agent, "agent", "agent"),
        "tokens": on_money.tokens(by_agent, "agent", "agent"),
        "spend_over_time": on_money.spend_over_time(weeks, "week"),
        "premium": on_money.premium(cost.typical_by(premium, "calls")),
        "run_cost": on_money.run_cost(cost.typical_by(premium, "stage", "total_usd")),
        "agreement": on_money.agreement(by_model),
        "budgets": spending_figures.budgets(held, 0.8, 0.9),
        "use_over_time": spending_figures.use_over_time(use_over_time(calls, held), 0.8, 0.9),
        "outliers": spending_figures.outliers(outliers(many, "latency_ms")),
        "by_complexity": spending_figures.by_complexity(classes),
        "savings": spending_figures.savings(saved, 0.2),
        "reconciliation": spending_figures.reconciliation(found),
        "latency": on_money.latency(by_agent, "agent", "agent"),
        "spend_by_both": on_money.spend_by_both(
            crosstab(calls, "spec_id", "stage", "cost_usd"), "SPEC", "stage"
        ),
        "run_latency": on_money.run_latency(cost.run_latency(calls)),
        "trust": on_money.trust(accounting.trust(calls)),
        "latency_over_time": on_money.latency_over_time(weeks, "week"),
        "rates": on_opinion.rates(
            disagreement.rates(comparable.kept, "stage"), "stage", "stage", p_value=0.4
        ),
        "pairs": on_opinion.pairs(pairs),
        "rate_over_time": on_opinion.rate_over_time(
            disagreement.rates(comparable.kept, "week"), "week"
        ),
        "kinds": on_opinion.kinds(of_type, "type", "type"),
        "flags": on_opinion.flags(flags),
        "types_by_severity": on_opinion.types_by_severity(
            disagreement.types_by_severity(disagreement.genuine(points))
        ),
        "health": on_opinion.health(health_shares(health), int(health["health"].notna().sum())),
        "beside": on_opinion.beside(*beside),
    }


def outcome_gaps(outcomes) -> dict[str, Figure]:
    """Draw every figure of the notebook on a real study."""
    plan = nameless(baseline="consulting", candidate="alone")
    found = checked.study(measured(outcomes, noun="outcome"), plan, "polydev-validation")
    return {"outcome_gaps": outcome_figures.gaps({NASTY: found})}


def review_and_experiment_figures(reviews, arbitrations, trials) -> dict[str, Figure]:
    """Draw every figure of the notebooks on blind reviews and experiments."""
    scores = review.usable(measured(reviews, noun="score")).kept
    plan = nameless()
    pair = (plan.baseline, plan.candidate)
    found = experiment.compare_variants(scores, plan)
    outcomes = arbiter.cases(measured(arbitrations, noun="outcome")).kept
    judged = guardrail.judged(measured(trials, noun="trial")).kept
    compared = guardrail.compare_guardrails(judged, plan.guardrail)
    on_review, on_experiment = review_figures, experiment_figures
    return {
        "reliability": on_review.reliability(review.reliability(scores)),
        "guesses": on_review.guesses(blinding.blinding(scores)),
        "differences": on_experiment.differences(review.differences(scores, *pair), *pair[::-1]),
        "plane": on_experiment.plane(found.tradeoff),
        "acceptability": on_experiment.acceptability(found.tradeoff),
        "net_worth": on_experiment.net_worth(arbiter.judge(outcomes, plan.arbiter.least_benefit)),
        "error_rates": on_experiment.error_rates(compared),
    }


def draw_full() -> dict[str, Figure]:
    """Draw every figure on something."""
    sample = sk.load(sk.sample_path())
    recorded = (sample.reviews, sample.arbitrations, sample.trials)
    drawn = figures(CALLS, RUNS, POINTS, FILES, PROBLEMS, PROPOSALS, COSTS)
    drawn |= outcome_gaps(sk.load(real_study_path()).outcomes)
    return drawn | review_and_experiment_figures(*recorded)


@cache
def bare() -> dict[str, Figure]:
    """Draw every figure on nothing."""
    names = ("calls", "runs", "disagreements", "files", "problems", "proposals", "costs")
    drawn = figures(*(frame(name) for name in names))
    drawn |= outcome_gaps(frame("outcomes"))
    recorded = (frame(name) for name in ("reviews", "arbitrations", "trials"))
    return drawn | review_and_experiment_figures(*recorded)


full = cache(draw_full)


#: Drawing takes seconds, and is left to the tests: to find them, their names are enough.
NAMES = [
    "coverage",
    "coverage_by",
    "provenance",
    "payloads",
    "problems",
    "footprint",
    "statuses",
    "spend",
    "tokens",
    "spend_over_time",
    "premium",
    "run_cost",
    "agreement",
    "budgets",
    "use_over_time",
    "outliers",
    "by_complexity",
    "savings",
    "reconciliation",
    "latency",
    "spend_by_both",
    "run_latency",
    "trust",
    "latency_over_time",
    "rates",
    "pairs",
    "rate_over_time",
    "kinds",
    "flags",
    "types_by_severity",
    "health",
    "beside",
    "outcome_gaps",
    "reliability",
    "guesses",
    "differences",
    "plane",
    "acceptability",
    "net_worth",
    "error_rates",
]


def test_every_figure_has_its_name_here():
    assert list(full()) == list(bare()) == NAMES


@cache
def html_of(name: str) -> str:
    return show(full()[name]).html


def svg_of(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", html, re.DOTALL)[0])  # noqa: S314


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_well_formed_safe_and_takes_the_pages_ink(name):
    html = html_of(name)
    root = svg_of(html)
    assert root.get("role") == "img"
    assert len(root.get("aria-label")) > 30
    assert "<script" not in html
    assert "<style" not in html
    assert not any(ink in html for ink in PAGE_INKS)
    assert "currentColor" in html
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)


def test_the_same_figure_has_the_same_bytes(monkeypatch):
    monkeypatch.setattr("speckit_analysis.figures.svg.png", lambda _: b"")  # is no part of it
    for name, figure in draw_full().items():
        assert show(figure).html == html_of(name), name


def test_no_two_figures_share_an_id_and_every_reference_is_met():
    seen: set[str] = set()
    for name in NAMES:
        html = html_of(name)
        ids = set(re.findall(r' id="([^"]*)"', html))
        used = set(re.findall(r'(?:url\(#|href="#)([^)"]*)', html))
        assert used == ids
        assert not ids & seen
        seen |= ids


@pytest.mark.parametrize("name", NAMES)
def test_without_evidence_a_figure_says_that_there_is_nothing(name):
    figure = bare()[name]
    shown = show(figure)
    assert shown.text.startswith("Nothing to show.")
    assert shown.html.startswith('<p class="nothing">Nothing to show.')


def test_nothing_is_drawn_outside_the_figure():
    for name, figure in full().items():
        with theme():
            box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
        width, height = figure.get_size_inches()
        assert box.x0 >= -0.02, name
        assert box.y0 >= -0.02, name
        assert box.x1 <= width + 0.02, name
        assert box.y1 <= height + 0.02, name


def ticks_in_view(axis: Axis) -> list[Text]:
    """Return the labels of an axis, without those beyond its ends, which nobody sees."""
    low, high = sorted(axis.get_view_interval())
    places = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
    return [label for place, label in places if low <= place <= high]


def texts_of(figure: Figure) -> list[Text]:
    """Return the texts that a reader sees within the axes and beside them."""
    (axes,) = figure.axes
    labels = [*ticks_in_view(axes.xaxis), *ticks_in_view(axes.yaxis)]
    labels += [axes.xaxis.label, axes.yaxis.label]
    legend = axes.get_legend().get_texts() if axes.get_legend() else []
    return [text for text in [*axes.texts, *labels, *legend] if text.get_text().strip()]


@pytest.mark.parametrize("name", NAMES)
def test_no_text_runs_into_another(name):
    figure = full()[name]
    with theme():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # it may have been drawn before, at another size
        renderer = canvas.get_renderer()
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(figure)]
    for (one, a), (other, b) in combinations(boxes, 2):
        width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert width <= 1 or height <= 1, f"{one!r} and {other!r}"


@pytest.mark.parametrize("name", NAMES)
def test_says_its_finding_and_what_its_axes_measure(name):
    figure = full()[name]
    (axes,) = figure.axes
    assert len(figure.title) > 15
    assert len(figure.subtitle) > 15
    assert axes.get_xlabel() or axes.get_ylabel()
    assert str(figure.get_label()).startswith(figure.title)


def test_the_title_is_text_of_the_page_and_not_of_the_picture():
    html = html_of("coverage")
    assert f">{wording.unbroken(full()['coverage'].title)}</p><p" in html
    texts = [element.text for element in svg_of(html).iter()]
    assert full()["coverage"].title not in texts
    assert all(text.get_visible() for text in full()["coverage"].texts)


def test_a_gap_in_time_is_a_gap_in_the_figure():
    weeks = pd.Series(pd.to_datetime(["2025-11-03", "2025-11-10", "2025-12-01"], utc=True))
    places, labelled = time_places(weeks)
    assert places.tolist() == [0.0, 1.0, 4.0]
    assert labelled.tolist() == [0, 1, 2]


def test_ticks_of_long_times_are_whole_minutes():
    rows = [{"agent": "claude", "latency_ms": 150_000 + 20_000 * n} for n in range(5)]
    profile = cost.profile(cost.with_tokens(frame("calls", rows)), "agent")
    (axes,) = cost_figures.latency(profile, "agent", "agent").axes
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert ticks[:4] == ["0 s", "1 min", "2 min", "3 min"]


@pytest.mark.parametrize(("name", "axis"), [("plane", "yaxis"), ("run_cost", "xaxis")])
def test_ticks_of_money_have_the_same_number_of_digits(name, axis):
    (axes,) = full()[name].axes
    words = [label.get_text() for label in ticks_in_view(getattr(axes, axis))]
    assert len(words) > 3
    assert {len(word.partition(".")[2]) for word in words} == {2}, words


def test_dates_that_would_run_into_each_other_are_left_out():
    days = pd.Series(pd.date_range("2025-01-01", periods=60, tz="UTC"))
    _, labelled = time_places(days)
    assert 3 <= len(labelled) <= 5


def test_evidence_text_stays_text():
    html = html_of("spend")
    texts = " ".join(element.text or "" for element in svg_of(html).iter())
    assert NASTY in texts
    assert NASTY in svg_of(html).get("aria-label")


def test_the_users_settings_neither_matter_nor_change():
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30}):
        by_agent = cost.profile(cost.with_tokens(CALLS), "agent")
        assert show(cost_figures.spend(by_agent, "agent", "agent")).html == html_of("spend")
        assert mpl.rcParams["axes.facecolor"] == "red"


def test_caption_and_alternative_are_escaped():
    figure = empty("Nothing")
    figure.bare = False
    shown = show(figure, alt='a "quoted" \\1 <b>', caption="<i>so</i>")
    assert svg_of(shown.html).get("aria-label") == 'a "quoted" \\1 <b>'
    assert "<figcaption>&lt;i&gt;so&lt;/i&gt;</figcaption>" in shown.html
    data, metadata = shown._repr_mimebundle_()
    assert data["text/plain"] == metadata["alt"] == 'a "quoted" \\1 <b> <i>so</i>'


def test_overlapping_intervals_are_not_called_a_difference():
    titles = " ".join(text.get_text() for text in full()["rates"].texts)
    assert "The counts do not prove that stages differ" in titles


def test_a_share_that_cannot_be_estimated_is_not_drawn():
    nothing = share(pd.Series([], dtype=bool))
    some = share(pd.Series([True, False]))
    label = disagreement_figures.beside(nothing, some, nothing).get_label()
    assert "failed agents: 50 %" in label
    assert "escalation" not in label


def test_names_of_points_keep_apart_and_lead_back_from_afar():
    spots = np.array([[1.0, 0.50], [1.02, 0.52], [1.04, 0.48], [1.0, 0.54], [1.02, 0.5]])
    names = [f"a rather long name {number}" for number in range(5)]
    with theme():
        figure, axes = canvas("Title", "Subtitle", 3.0)
        axes.set_xlim(0, 2)
        left_out = name_points(figure, axes, spots, names, spots)
        written = [text for text in axes.texts if text.get_text()]
        boxes = [text.get_window_extent() for text in written]
    assert not left_out
    assert len(axes.texts) > len(written) == 5
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_a_name_without_room_is_left_out_and_told():
    spots = np.array([[0.5, 0.5]] * 60)
    with theme():
        figure, axes = canvas("Title", "Subtitle", 1.0)
        left_out = name_points(figure, axes, spots, ["a long name"] * 60, spots)
    assert 0 < len(left_out) < 60


def test_control_characters_and_long_names_do_not_reach_a_label():
    assert clean("a\x1b[31m\u202eb" + "c" * 90) == "a [31m b" + "c" * 25 + "…"


def test_ink_contrasts():
    assert (ink_on("#ffffff"), ink_on("#000000")) == ("#000000", "#ffffff")


def test_tables_escape_format_and_align():
    rows = pd.DataFrame(
        {
            "agent": pd.Series([NASTY, None], dtype="string"),
            "n": pd.array([1234, None], dtype="Int64"),
            "cost_usd": pd.array([0.0123, None], dtype="Float64"),
            "latency_ms": pd.array([4532.0, None], dtype="Float64"),
            "share": pd.array([0.614, None], dtype="Float64"),
            "ok": pd.array([True, None], dtype="boolean"),
        }
    )
    shown = table(rows, "Calls & more")
    assert "<script" not in shown.html
    assert "<caption>Calls &amp; more</caption>" in shown.html
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", shown.html)
    assert cells[1:6] == ["1,234", "$0.012", "4.5 s", "61 %", "yes"]
    assert cells[6:] == ["–"] * 6
    assert "1,234  $0.012    4.5 s   61 %  yes" in shown.text


def test_tables_write_the_start_of_a_period_by_its_name():
    starts = pd.DataFrame({"start": pd.to_datetime(["2025-10-06", None], utc=True)})
    words = {
        name: table(starts, formats={"start": name}).text.split("\n", 1)[1].split("\n")[0].strip()
        for name in PERIODS
    }
    assert words == {
        **dict.fromkeys(("day", "week"), "2025-10-06"),
        "month": "October 2025",
        "quarter": "Q4 2025",
        "year": "2025",
    }
    assert table(starts, formats={"start": "month"}).text.strip().endswith("–")


def test_numbers_of_tables_have_three_digits_and_no_less_than_their_whole_part():
    numbers = pd.DataFrame({"value": [-0.43333, 12.0612, 123.4, 12345.6, 0.0000123, -0.0, None]})
    shown = [line.strip() for line in table(numbers).text.split("\n")[1:]]
    assert shown == ["-0.433", "12.1", "123", "12,346", "1.23e-05", "0", "–"]


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([0.55, -0.0312, -0.519], ["0.550", "-0.031", "-0.519"]),
        ([0.852, -0.00121, 0.0], ["0.852", "-0.001", "0"]),
        ([7.5, 7.0, None], ["7.5", "7.0", "–"]),
        ([7.0, 10.0], ["7", "10"]),
        ([8.48, 12.1], ["8.5", "12.1"]),
        ([0.0004, 0.62], ["0.0004", "0.6200"]),
        ([-4242.0, -0.0109, -1.21], ["-4,242", "-0.0109", "-1.21"]),
    ],
)
def test_numbers_of_a_column_have_the_same_decimals(numbers, told):
    shown = table(pd.DataFrame({"value": pd.array(numbers, "Float64")})).text
    assert [line.strip() for line in shown.split("\n")[1:]] == told


def test_tables_say_what_they_leave_out():
    rows = pd.DataFrame({"n": range(5)})
    assert "3 more rows not shown." in table(rows, limit=2).html
    assert table(rows.iloc[:0], "Calls").text == "Calls: nothing to list."


def test_notes_are_escaped_paragraphs():
    assert note("a <b>", "", "c").html == "<p>a &lt;b&gt; c</p>"


def test_points_are_a_list_without_the_empty_ones():
    shown = points("61 % of it", "", NASTY)
    assert shown.html.count("<li>") == 2
    assert "<script" not in shown.html
    assert shown.text.startswith("- 61 % of it\n- <script>")


def test_a_legend_of_many_parts_stays_within_the_figure():
    parts = [
        "structured", "unresolved_template", "schema_echo", "transcript", "terminal_dump",
        "free_text", "stub", "error", "empty",
    ]  # fmt: skip
    rows = [{"agent": "claude", "payload_class": part, "proposals": 5} for part in parts]
    figure = soundness_figures.payloads(pd.DataFrame(rows))
    (axes,) = figure.axes
    with theme():
        box = axes.get_legend().get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def classed_figures() -> dict[str, tuple[Figure, int]]:
    """Draw each figure of classes on one row of a class that no table of colours knows."""

    def with_new(table, column, **values):
        new = table.iloc[[0]].assign(**{column: "brand_new"}, **values)
        return pd.concat([table.astype({column: "string"}), new], ignore_index=True)

    held = budget.budgets(COSTS, CALLS)
    shares = soundness.provenance_shares({"runs": RUNS})
    answers = soundness.payloads_by_agent(PROPOSALS)
    sizes = soundness.footprint(FILES, 15, 25)
    healthy = health_shares(consensus_health(RUNS))
    graded = accounting.trust(CALLS)
    counted = soundness.problem_counts(PROBLEMS)
    draw, classed = soundness_figures, {}
    classed["provenance"] = draw.provenance(with_new(shares, "provenance", rows=7))
    classed["payloads"] = draw.payloads(with_new(answers, "payload_class", proposals=7))
    classed["problems"] = draw.problems(with_new(counted, "severity"))
    classed["footprint"] = draw.footprint(with_new(sizes, "verdict", spec_id="S3"), 15, 25)
    classed["health"] = disagreement_figures.health(with_new(healthy, "health", runs=7), 9)
    classed["trust"] = cost_figures.trust(with_new(graded, "grade", calls=7))
    classed["budgets"] = spending_figures.budgets(with_new(held, "verdict"), 0.8, 0.9)
    rows = {"provenance": 1, "payloads": 2, "problems": 2, "footprint": 3, "health": 4}
    rows |= {"trust": int((graded["calls"] > 0).sum()) + 1, "budgets": 2}
    return {name: (figure, rows[name]) for name, figure in classed.items()}


CLASSED = classed_figures()


@pytest.mark.parametrize("name", CLASSED)
def test_a_class_without_a_colour_of_its_own_has_a_bar_too(name):
    figure, rows = CLASSED[name]
    (axes,) = figure.axes
    bars = [bar for container in axes.containers for bar in container]
    assert len({round(bar.get_y(), 3) for bar in bars}) == rows
    if axes.get_legend():
        widths = pd.Series([bar.get_width() for bar in bars])
        per_row = widths.groupby([round(bar.get_y(), 3) for bar in bars]).sum()
        assert per_row.tolist() == pytest.approx([1.0] * rows)
        assert "other (brand new) 7" in figure.get_label()


def test_a_part_that_is_missing_is_unknown_and_counts():
    answers = pd.DataFrame(
        {
            "agent": ["claude", "claude", None],
            "payload_class": ["structured", None, "structured"],
            "proposals": [3, 1, 2],
        }
    )
    label = soundness_figures.payloads(answers).get_label()
    assert "claude: structured 3, unknown 1; not told: structured 2" in label


def test_verdicts_on_budgets_have_colours_of_their_own_that_show_on_white():
    colours = list(spending_figures._VERDICT_COLOURS.values())
    assert len(set(colours)) == len(colours)
    assert not any(edge_width(colour) for colour in colours)


def a_profile() -> pd.DataFrame:
    known = {"calls": 2, "without_cost": 0, "cost_usd": 1.5, "share": 1.0, "call_usd": 0.75}
    known |= {"tokens": 900, "call_tokens": 450.0, "with_latency": 2, "median_ms": 9.0}
    known |= {"p95_ms": 12.0, "model_id": "gpt-5"}
    unknown = {"calls": 3, "without_cost": 3, "with_latency": 0, "model_id": "o3"}
    return pd.DataFrame([known, unknown])


@pytest.mark.parametrize("draw", [cost_figures.spend, cost_figures.tokens, cost_figures.latency])
def test_rows_that_lack_the_figure_are_counted(draw):
    assert "Not drawn: 1 model without" in draw(a_profile(), "model_id", "model").subtitle
    assert "Not drawn" not in draw(a_profile().head(1), "model_id", "model").subtitle


def test_models_and_criteria_without_an_estimate_are_counted():
    rows = {"criterion": ["clarity", "overall"], "variant": "all", "outputs": 5}
    rows |= {"icc_single": [0.4, np.nan], "icc_single_low": [0.1, np.nan]}
    table = pd.DataFrame(rows | {"icc_single_high": [0.7, np.nan]})
    assert "Not drawn: 1 row without an estimate." in review_figures.reliability(table).subtitle
    ratios = {"model_id": ["gpt-5", "o3"], "compared": [2, 0], "total_ratio": [1.5, np.nan]}
    compared = pd.DataFrame(
        ratios | {"lowest_ratio": [1.4, np.nan], "highest_ratio": [1.6, np.nan]}
    )
    assert "1 model without both costs" in cost_figures.agreement(compared).subtitle
