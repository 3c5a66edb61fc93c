"""``speckit-analysis billing``: computed spending against what a provider billed."""

from __future__ import annotations

from pathlib import Path

import click

from speckit_analysis.commands.options import Asked, evidence_options, output_options, span_options
from speckit_analysis.commands.output import Output
from speckit_analysis.errors import EvidenceError


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option(
    "--invoice",
    "invoices",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="A provider's billing export; may be repeated.",
)
@click.option(
    "--columns",
    metavar="OURS=THEIRS,…",
    help="Which of the file's columns is date, model, amount …, where its header does not tell.",
)
@click.option(
    "--exchange-rate",
    "rates",
    multiple=True,
    metavar="CURRENCY=RATE",
    help="Units of a currency per USD, such as EUR=0.92; may be repeated.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.15,
    help="Share by which computed spending may differ from the bill.",
)
@click.option(
    "--drift",
    type=click.FloatRange(0, min_open=True),
    default=0.10,
    help="Change of the ratio over months that is flagged.",
)
@span_options
@evidence_options
@output_options
def billing(
    invoices: tuple[Path, ...],
    columns: str | None,
    rates: tuple[str, ...],
    tolerance: float,
    drift: float,
    asked: Asked,
    output: Output,
) -> None:
    """Hold computed spending against a provider's bill.

    PATH is a file, a folder or a glob with evidence; without one, the simulated sample is read.

    \b
    Examples:
      speckit-analysis billing docs/evidence --invoice october.csv
      speckit-analysis billing docs/evidence --invoice export.csv --columns date=Day,amount=Cost
      speckit-analysis billing docs/evidence --invoice export.csv --out cost-validation.csv

    Ends with 0 if both agree within the tolerance, 1 if they do not, 2 if that cannot be told, as
    no call has a known cost or less than 95 % of the money has a partner on the other side, or if
    the request makes no sense.
    """  # noqa: D301 - click takes a real backspace as "do not wrap this"
    from speckit_analysis.analysis.cost.billing import cost_validation, reconcile
    from speckit_analysis.prices import PriceList
    from speckit_analysis.prices.invoices import read_invoice

    evidence = asked.evidence
    exchange_rates = {**PriceList.read(asked.prices).own.exchange_rates, **_rates(rates)}
    invoice = read_invoice(invoices, columns=_columns(columns), exchange_rates=exchange_rates)
    calls = asked.narrowed(evidence.calls, "call").kept
    invoice = invoice.between(*asked.span)
    reconciled = reconcile(calls, invoice, tolerance=tolerance, drift=drift)
    table = cost_validation(reconciled)
    if output.is_brief:
        table = reconciled.by_model.drop(columns=["billed_tokens", "tracked_tokens"])
    output.emit(table, reconciled.sentence, {"date": "day"})
    if not reconciled.passed:
        click.get_current_context().exit(1 if reconciled.can_tell else 2)


def _columns(text: str | None) -> dict[str, str]:
    pairs = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    for name, equals, header in pairs:
        if not equals or not header.strip():
            raise EvidenceError(
                f"--columns {name.strip()!r}: write our name and the file's, such as"
                " date=Day,amount=Cost"
            )
    return {name.strip(): header.strip() for name, _, header in pairs}


def _rates(texts: tuple[str, ...]) -> dict[str, float]:
    rates = {}
    for text in texts:
        currency, _, rate = text.partition("=")
        try:
            rates[currency.strip().upper()] = float(rate)
        except ValueError:
            raise EvidenceError(
                f"--exchange-rate {text!r}: write the units of a currency per USD, such as EUR=0.92"
            ) from None
    return rates
