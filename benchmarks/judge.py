"""Fit the judge of disagreements, and measure how often it is right.

``python benchmarks/judge.py`` fits the models to the pairs in ``data/judge`` and, where they are
at hand, to labelled pairs of real proposals; reports macro-F1 with intervals by cross-validation
grouped by source file; and holds the weights that the package ships against the fit.

``--write`` replaces the weights, ``--failures N`` shows pairs that are judged wrongly, and
``--check`` fails below the bars.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
from shared_files import LABELLED_PAIRS
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from speckit_analysis.disagreements import model as shipped
from speckit_analysis.disagreements.differences import cosmetic
from speckit_analysis.disagreements.features import Pair, features
from speckit_analysis.disagreements.findings import Accuracy

HERE = Path(__file__).resolve().parent
OWN = HERE.parent / "data" / "judge" / "pairs.jsonl"
WEIGHTS = Path(shipped.__file__).with_name("weights.json")
ACCURACY = WEIGHTS.with_name("accuracy.json")

#: Inverse strength of the penalty, power of the class weights, and whether words count.
SETTINGS = {
    "relation": {"C": 1.0, "balance": 1.0, "words": True},
    "type": {"C": 0.3, "balance": 1.0, "words": True},
    "severity": {"C": 0.2, "balance": 0.5, "words": False},
}

_OF_TYPE = tuple(
    f"{about}_{name}"
    for name in ("factual", "scope", "structural", "technical", "process")
    for about in ("words", "asked")
)
_OF_SURFACE = (
    "spelling",
    "close_numbers",
    "same_words",
    "short",
    "bare_paths",
    "files_in_folders",
    "limits_of_one",
    "limits",
    "depth",
    "order",
    "label",
    "list_contained",
    "list_apart",
    "code_files",
    "notes_or_scripts",
    "current",
    "numbers_only",
)

#: Features of each model.
FEATURES = {
    "relation": tuple(name for name in features(Pair.of("", "")) if name not in _OF_SURFACE),
    "type": (
        *_OF_TYPE,
        *("lists", "one_list", "json", "one_json", "other_path", "same_path", "bare_path"),
        *("bare_paths", "files_in_folders", "code_files", "notes_or_scripts", "paths_in_both"),
        *("list_contained", "list_apart", "clashing_units", "numbers_only", "close_numbers"),
        *("opposite_polarity", "polarity_gap", "polarity_of_one", "verdict_gap"),
        *("open_against_decided", "one_open", "both_open", "reported", "both_reported"),
        *("both_asked", "same_label", "order", "limits", "depth", "current", "length"),
    ),
    "severity": (
        *("spelling", "same_words", "short", "lists", "json", "length_ratio", "both_asked"),
        *("other_path", "bare_paths", "files_in_folders", "paths_in_both", "reported"),
        *("clashing_units", "close_numbers", "opposite_polarity", "verdict_gap"),
        *("negation_clash", "open_against_decided", "limits", "depth", "order"),
        *(f"words_{name}" for name in ("factual", "scope", "structural", "technical", "process")),
    ),
}

#: Macro-F1 to beat, and the accuracy that severity needs as well.
BARS = {"relation": 0.62, "type": 0.53, "severity": 0.61}
SEVERITY_ACCURACY = 0.73

FOLDS, REPEATS, RESAMPLES = 10, 10, 2000


def read(path: Path) -> pd.DataFrame:
    """Return labelled pairs with the columns of both sources named alike."""
    rows = pd.DataFrame([json.loads(line) for line in path.read_text().splitlines()])
    rows = rows.rename(columns={"label_relation": "relation"})
    for name in ("question_a", "question_b"):
        rows[name] = rows[name].fillna("")
    for name in ("file_a", "file_b"):
        rows[name] = rows.get(name, pd.Series("", rows.index))
    return rows


def groups(rows: pd.DataFrame) -> np.ndarray:
    """Return the group of each pair; pairs that share a file, over any chain, share a group."""
    root: dict[str, str] = {}

    def top(name: str) -> str:
        while root.setdefault(name, name) != name:
            name = root[name]
        return name

    for a, b in zip(rows["file_a"], rows["file_b"], strict=True):
        root[top(a)] = top(b)
    return pd.factorize(rows["file_a"].map(top))[0]


class Fitted:
    """Labelled pairs with their features, and the fitting of one model to some of them."""

    def __init__(self, rows: pd.DataFrame, task: str) -> None:
        keep = rows["relation"].notna() if task == "relation" else rows["relation"] == "disagree"
        self.rows = rows[keep].reset_index(drop=True)
        self.task = task
        self.labels = self.rows[task].to_numpy(object)
        columns = ["statement_a", "statement_b", "question_a", "question_b"]
        self.pairs = [Pair.of(*texts) for texts in self.rows[columns].to_numpy()]
        self.found = [features(pair) for pair in self.pairs]
        names = FEATURES[task]
        self.values = np.array([[each[name] for name in names] for each in self.found])
        self.words = [shipped.words_of_pair(pair) for pair in self.pairs]
        self.cosmetic = np.array([bool(cosmetic(pair)) for pair in self.pairs])
        self.own = (self.rows["file_a"] == "").to_numpy()

    def fit(self, training: np.ndarray) -> shipped.LinearModel:
        """Return the model fitted to the pairs at these positions."""
        setting = SETTINGS[self.task]
        if self.task == "severity":
            training = training[self.labels[training] != "cosmetic"]
        labels, values = self.labels[training], self.values[training]
        centre, scale = values.mean(axis=0), values.std(axis=0)
        scale[scale == 0] = 1.0
        columns, vocabulary, frequencies = shipped.scaled(values, centre, scale), [], np.array([])
        if setting["words"]:
            # Words are those of the project's own pairs; labelled evidence adds none.
            terms = TfidfVectorizer(analyzer=lambda words: words, sublinear_tf=True, min_df=3)
            terms.fit([self.words[at] for at in np.flatnonzero(self.own)])
            vocabulary, frequencies = list(terms.get_feature_names_out()), terms.idf_
            text = terms.transform([self.words[at] for at in training]).toarray()
            columns = np.hstack([columns, text])
        share = pd.Series(labels).map(pd.Series(labels).value_counts(normalize=True)).to_numpy()
        weights = (1 / (share * len(set(labels)))) ** setting["balance"]
        fit = LogisticRegression(C=setting["C"], max_iter=5000, tol=1e-8)
        fit.fit(columns, labels, sample_weight=weights)
        slopes, intercept = fit.coef_, fit.intercept_
        if len(fit.classes_) == 2:
            slopes, intercept = np.vstack([-slopes, slopes]) / 2, np.r_[-intercept, intercept] / 2
        size = values.shape[1]
        return shipped.LinearModel(
            classes=tuple(map(str, fit.classes_)),
            features=FEATURES[self.task],
            centre=_rounded(centre),
            scale=_rounded(scale),
            weights=tuple(_rounded(row) for row in slopes[:, :size]),
            words={
                word: list(_rounded(np.r_[frequencies[at], slopes[:, size + at]]))
                for at, word in enumerate(vocabulary)
            },
            intercept=_rounded(intercept),
        )

    def predict(self, fitted: shipped.LinearModel, at: np.ndarray) -> np.ndarray:
        """Return the judgements of the pairs at these positions."""
        judged = [
            fitted.classes[int(fitted.probabilities(self.found[i], self.words[i]).argmax())]
            for i in at
        ]
        judged = np.array(judged, object)
        if self.task == "severity":
            judged[self.cosmetic[at]] = "cosmetic"
        return judged


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.5g}") for value in values)


def cross_validated(data: Fitted) -> np.ndarray:
    """Return judgements of the labelled evidence, one row per repeat, each by a fit without it."""
    real = np.flatnonzero(~data.own)
    group = groups(data.rows.iloc[real])
    judged = np.empty((REPEATS, len(real)), object)
    for repeat in range(REPEATS):
        fold = balanced_folds(group, repeat)
        for number in range(FOLDS):
            out = fold[group] == number
            training = np.r_[np.flatnonzero(data.own), real[~out]]
            judged[repeat, out] = data.predict(data.fit(training), real[out])
    return judged


def balanced_folds(group: np.ndarray, seed: int) -> np.ndarray:
    """Return a fold for each group, folds about equally large, drawn anew for each seed."""
    draw = np.random.default_rng(seed)
    sizes = np.bincount(group)
    fold, load = np.zeros(len(sizes), int), np.zeros(FOLDS)
    for at in np.argsort(-(sizes + draw.random(len(sizes)))):
        fold[at] = load.argmin()
        load[fold[at]] += sizes[at]
    return fold


def macro_f1(labels: np.ndarray, judged: np.ndarray) -> float:
    """Return the mean over classes of F1."""
    return float(f1_score(list(labels), list(judged), average="macro", zero_division=0))


def accuracy(labels: np.ndarray, judged: np.ndarray) -> float:
    """Return the share judged rightly."""
    return float((labels == judged).mean())


def with_interval(
    figure: Callable[[np.ndarray, np.ndarray], float],
    labels: np.ndarray,
    judged: np.ndarray,
    group: np.ndarray | None = None,
) -> tuple[float, float, float]:
    """Return a figure over repeats with its 95 % percentile interval.

    Pairs are resampled, or whole groups of pairs where they are given.
    """
    draw = np.random.default_rng(7)
    value = float(np.mean([figure(labels, row) for row in judged]))
    resampled = []
    for _ in range(RESAMPLES):
        if group is None:
            at = draw.integers(0, len(labels), len(labels))
        else:
            drawn = draw.integers(0, group.max() + 1, group.max() + 1)
            at = np.concatenate([np.flatnonzero(group == each) for each in drawn])
        resampled.append(figure(labels[at], judged[draw.integers(len(judged))][at]))
    low, high = np.quantile(resampled, [0.025, 0.975])
    return value, float(low), float(high)


def report(data: dict[str, Fitted]) -> dict[str, Accuracy]:
    """Print what cross-validation measures, and return it by task."""
    scores = {}
    for task, each in data.items():
        real = ~each.own
        labels = each.labels[real]
        judged = cross_validated(each)
        group = groups(each.rows[real])
        own_only = each.predict(each.fit(np.flatnonzero(each.own)), np.flatnonzero(real))
        majority = np.full(len(labels), pd.Series(labels).mode()[0], object)
        value, low, high = with_interval(macro_f1, labels, judged)
        _, wide_low, wide_high = with_interval(macro_f1, labels, judged, group)
        right = with_interval(accuracy, labels, judged)
        print(f"\n{task}: {real.sum()} labelled pairs of {group.max() + 1} groups of files")
        print(f"  macro-F1 {value:.3f} [{low:.2f}, {high:.2f}];", end=" ")
        print(f"groups resampled [{wide_low:.2f}, {wide_high:.2f}]")
        print("  accuracy {:.3f} [{:.2f}, {:.2f}]".format(*right))
        print(f"  majority {macro_f1(labels, majority):.3f},", end=" ")
        print(f"accuracy {accuracy(labels, majority):.3f}")
        print(
            f"  fitted to the project's own pairs alone: {macro_f1(labels, own_only):.3f},"
            f" accuracy {accuracy(labels, own_only):.3f}"
        )
        print(pd.crosstab(labels, judged[0], rownames=["label"], colnames=["judged"]).to_string())
        figures = (round(figure, 3) for figure in (value, wide_low, wide_high, right[0]))
        scores[task] = Accuracy(int(real.sum()), int(group.max()) + 1, *figures)
    return scores


def failures(data: Fitted, number: int) -> None:
    """Print pairs that a fit without their files judges wrongly."""
    real = np.flatnonzero(~data.own)
    judged = cross_validated(data)[0]
    wrong = [at for at in range(len(real)) if judged[at] != data.labels[real[at]]]
    for at in np.random.default_rng(3).permutation(wrong)[:number]:
        row = data.rows.iloc[real[at]]
        print(f"\n{row['id']}: {data.labels[real[at]]}, judged {judged[at]}")
        for name in ("question_a", "statement_a", "question_b", "statement_b"):
            if row[name]:
                print(f"  {name}: {row[name][:300]!r}")


def main() -> int:
    """Fit, measure, and do what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--gold", type=Path, default=LABELLED_PAIRS, help="labelled pairs of real proposals"
    )
    parser.add_argument("--write", action="store_true", help="replace the weights")
    parser.add_argument("--failures", type=int, default=0, metavar="N")
    parser.add_argument("--check", action="store_true", help="fail below the bars")
    options = parser.parse_args()
    rows = [read(OWN)] + ([read(options.gold)] if options.gold.exists() else [])
    data = {task: Fitted(pd.concat(rows, ignore_index=True), task) for task in SETTINGS}
    fitted = {task: each.fit(np.arange(len(each.labels))) for task, each in data.items()}
    if options.write:
        WEIGHTS.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=0) + b"\n")
        print(f"written: {WEIGHTS.name}, {WEIGHTS.stat().st_size / 1024:.0f} KiB")
    if not options.gold.exists():
        print(f"no labelled proposals at {options.gold}: fitted to {OWN.name} alone, not measured")
        return 0
    scores = report(data)
    if options.write:
        ACCURACY.write_bytes(msgspec.json.format(msgspec.json.encode(scores)) + b"\n")
    if options.failures:
        failures(data["relation"], options.failures)
    if not options.check:
        return 0
    missed = [name for name, bar in BARS.items() if scores[name].macro_f1 < bar]
    missed += ["severity_accuracy"] if scores["severity"].accuracy < SEVERITY_ACCURACY else []
    missed += ["weights"] if fitted != shipped.models() else []
    print("\nmissed: " + ", ".join(missed) if missed else "\nall bars met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
