"""What a call cost, from a price list kept by others and from a user's own."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from frames import frame
from genai_prices import Usage, calc_price
from genai_prices.data import providers

import speckit_analysis as sk
from speckit_analysis.cli import main
from speckit_analysis.errors import EvidenceError
from speckit_analysis.prices import PriceList, pricing_source
from speckit_analysis.prices.counting import settle
from speckit_analysis.prices.published import _names, find_model

LIST = PriceList()


def cost(**fields: Any) -> float | None:
    row = {
        "model_id": "claude-sonnet-4-5",
        "provider": "anthropic",
        "timestamp": "2025-11-10T03:22:19Z",
        "prompt_tokens": 1_000,
        "completion_tokens": 1_000,
    }
    value = LIST.price(frame("calls", [row | fields]))["cost_usd"][0]
    return None if pd.isna(value) else float(value)


#: 1,234 input and 567 output tokens on 28 October 2025, as published.
PUBLISHED = {
    "gemini-2.5-pro": 0.0072125,
    "gemini-2.5-flash": 0.0017877,
    "gemini-2.5-flash-lite": 0.0003502,
    "gemini-2.0-flash": 0.0003502,
    "gemini-1.5-flash": 0.00026265,
    "gemini-1.5-pro": 0.0043775,
    "claude-sonnet-4-5": 0.012207,
    "claude-haiku-4-5": 0.004069,
    "claude-3.5-haiku": 0.0032552,
    "claude-opus-4-1": 0.061035,
    "claude-opus-4-5": 0.020345,
    "gpt-5": 0.0072125,
    "gpt-5-codex": 0.0072125,
    "gpt-5.1": 0.0072125,
    "gpt-5.1-codex": 0.0072125,
    "gpt-5-mini": 0.0014425,
    "gpt-5-nano": 0.0002885,
    "gpt-5.2": 0.0100975,
    "gpt-5.4": 0.01159,
    "gpt-5.5": 0.02318,
    "gpt-4o": 0.008755,
    "gpt-4o-mini": 0.0005253,
    "o3": 0.007004,
    "o4-mini": 0.0038522,
    "gpt-4.1": 0.007004,
}


@pytest.mark.parametrize(("model", "usd"), PUBLISHED.items())
def test_published_prices_are_met_to_the_digit(model: str, usd: float) -> None:
    assert LIST.usd(model, 1234, 567, "2025-10-28") == usd


@pytest.mark.parametrize(
    ("spelling", "model"),
    {
        "claude-4.5-sonnet": "claude-sonnet-4-5",
        "claude-4.1-opus": "claude-opus-4-1",
        "openai/gpt-5": "gpt-5",
        "openrouter/anthropic/claude-sonnet-4.5": "claude-sonnet-4-5",
        "models/gemini-2.5-pro": "gemini-2.5-pro",
        "gemini-pro-2.5": "gemini-2.5-pro",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0": "claude-sonnet-4-5",
        "claude-sonnet-4-5[1m]": "claude-sonnet-4-5",
        "gpt-5-2025-08-07": "gpt-5",
        "sonnet": "claude-sonnet-4-5",
        "haiku": "claude-haiku-4-5",
        "flash": "gemini-2.5-flash",
        "gpt5-low": "gpt-5",
        "gemini-25-flash": "gemini-2.5-flash",
        "GPT-5": "gpt-5",
    }.items(),
)
def test_a_model_has_its_price_however_it_is_spelled(spelling: str, model: str) -> None:
    assert LIST.usd(spelling, 1234, 567, "2025-10-28") == PUBLISHED[model]


@pytest.mark.parametrize(
    ("model", "prompt", "output", "more", "usd"),
    [
        ("gpt-5-codex", 2345, 890, {"cached_tokens": 1000}, 0.01070625),
        ("gemini-2.5-pro", 1234, 667, {"cached_tokens": 300}, 0.007875),
        (
            "claude-sonnet-4-5",
            1234 + 500 + 15_000,
            567,
            {"cached_tokens": 15_000, "cache_write_tokens": 500},
            0.018582,
        ),
    ],
)
def test_a_cache_has_prices_of_its_own(
    model: str, prompt: int, output: int, more: dict[str, int], usd: float
) -> None:
    assert LIST.usd(model, prompt, output, "2025-11-20", **more) == usd


def test_a_price_is_that_of_the_calls_own_day() -> None:
    before, after = (LIST.usd("o3", 1_000_000, 0, day) for day in ("2025-06-09", "2025-06-10"))
    assert (before, after) == (10.0, 2.0)


def test_reasoning_is_billed_as_output() -> None:
    assert cost(reasoning_tokens=1_000) == pytest.approx(cost(completion_tokens=2_000))


@pytest.mark.parametrize(
    "parts",
    [{"cached_tokens": 1_001}, {"cache_write_tokens": 1_001}, {"cache_write_1h_tokens": 1_001},
     {"cached_tokens": 600, "cache_write_tokens": 600}],
)  # fmt: skip
def test_parts_that_exceed_the_prompt_tell_no_cost(parts: dict[str, int]) -> None:
    assert cost(**parts) is None


def test_what_is_kept_for_an_hour_is_a_part_of_what_is_written() -> None:
    """5-minute writes cost 1.25 times the input price of $3 a million, 1-hour writes twice."""
    alone = cost(prompt_tokens=1_000, completion_tokens=0, cache_write_1h_tokens=1_000)
    assert alone == pytest.approx(0.006)
    both = {"cache_write_tokens": 1_000, "cache_write_1h_tokens": 400}
    assert cost(completion_tokens=0, **both) == pytest.approx(0.4 * 0.006 + 0.6 * 0.00375)


#: How each provider counts, beside (True) or inside: the cache, and the reasoning.
BESIDE = {"anthropic": (True, False), "openai": (False, False), "google": (False, True)}


@pytest.mark.parametrize("with_total", [True, False])
@pytest.mark.parametrize("told_by", ["provider", "counted_as"])
@pytest.mark.parametrize("counts_as", BESIDE)
def test_counts_mean_the_same_whoever_counted(
    counts_as: str, told_by: str, with_total: bool
) -> None:
    """Every way of counting, with every part absent, 0 or present, comes to the same columns."""
    draw, rows, truth = np.random.default_rng(5), [], []
    cache_beside, reasoning_beside = BESIDE[counts_as]
    for present in product((None, 0, 1), repeat=4):
        parts = [p and int(p * draw.integers(1, 50_000)) for p in present]
        read, written, kept, reasoning = parts
        written = written if kept is None else (written or 0) + kept
        fresh, visible = draw.integers(1, 50_000, 2).tolist()
        cache = (read or 0) + (written or 0)
        thought = reasoning or 0
        row = {
            "prompt_tokens": fresh + cache * (not cache_beside),
            "completion_tokens": visible + thought * (not reasoning_beside),
            "cached_tokens": read,
            "cache_write_tokens": written,
            "cache_write_1h_tokens": kept,
            "reasoning_tokens": reasoning,
            "total_tokens": fresh + cache + visible + thought if with_total else None,
        }
        rows.append(row)
        truth.append(row | {"prompt_tokens": fresh + cache, "completion_tokens": visible})
    whose = {"provider": counts_as} if told_by == "provider" else {"provider": "elsewhere"}
    calls = frame("calls", [row | whose for row in rows])
    if told_by == "counted_as":
        calls["counted_as"] = counts_as
    found, doubts = settle(calls)
    expected = frame("calls", truth)[list(found)]
    pd.testing.assert_frame_equal(found, expected)
    assert doubts.isna().all()


@pytest.mark.parametrize("counts_as", BESIDE)
@pytest.mark.parametrize("provider", ["anthropic", "openai", "google", "elsewhere", None])
def test_a_total_that_fits_one_way_alone_decides(provider: str | None, counts_as: str) -> None:
    cache_beside, reasoning_beside = BESIDE[counts_as]
    row = {"prompt_tokens": 5_003 + 70 * (not cache_beside), "cached_tokens": 70}
    row |= {"completion_tokens": 311 + 20 * (not reasoning_beside), "reasoning_tokens": 20}
    row |= {"total_tokens": 5_404, "provider": provider}
    found, doubts = settle(frame("calls", [row]))
    assert found[["prompt_tokens", "completion_tokens"]].iloc[0].tolist() == [5_073, 311]
    # An output that may leave out its reasoning is told: too little may have been counted.
    usual = BESIDE.get(provider or "", (False, False))
    less = any(
        beside and not counted for beside, counted in zip(usual, BESIDE[counts_as], strict=True)
    )
    assert doubts.fillna("").tolist() == ["overruled" if less else ""]


@pytest.mark.parametrize(
    ("provider", "counts", "doubt", "settled"),
    [
        # A cache larger than the prompt, and no total or one that leaves it out.
        ("anthropic", {"prompt": 3, "cached": 12_304}, "", (12_307, 100)),
        ("anthropic", {"prompt": 3, "cached": 12_304, "total": 103}, "", (12_307, 100)),
        ("anthropic", {"prompt": 3, "cached": 12_304, "total": 9}, "contradiction", (None, 100)),
        ("openai", {"prompt": 3, "cached": 12_304}, "contradiction", (None, 100)),
        ("elsewhere", {"prompt": 3, "cached": 12_304}, "contradiction", (None, 100)),
        ("openai", {"prompt": 3, "reasoning": 800}, "contradiction", (3, None)),
        ("anthropic", {"prompt": 3, "cache_write": 5, "cache_write_1h": 6}, "contradiction",
         (None, 100)),
        # A total that fits no way, and no total where nothing tells the way.
        ("google", {"prompt": 30, "reasoning": 8, "total": 7}, "other_total", (30, 100)),
        ("elsewhere", {"prompt": 30, "reasoning": 8}, "ambiguous", (30, 92)),
        ("elsewhere", {"prompt": 30, "cached": 8, "total": 7}, "ambiguous", (30, 100)),
        # A coincidence: the cache beside, or the reasoning.
        ("elsewhere", {"prompt": 30, "cached": 8, "reasoning": 8, "total": 138}, "ambiguous",
         (30, 92)),
        ("google", {"prompt": 30, "cached": 8, "reasoning": 8, "total": 138}, "", (30, 100)),
    ],
)  # fmt: skip
def test_what_counts_do_not_tell_is_filed(
    provider: str, counts: dict[str, int], doubt: str, settled: tuple[int | None, int | None]
) -> None:
    row = {f"{name}_tokens": count for name, count in counts.items()}
    calls = frame("calls", [row | {"provider": provider, "completion_tokens": 100}])
    found, doubts = settle(calls)
    assert doubts.fillna("").tolist() == [doubt]
    both = found[["prompt_tokens", "completion_tokens"]].iloc[0]
    assert tuple(None if pd.isna(n) else n for n in both) == settled


def test_reasoning_inside_the_output_is_paid_once() -> None:
    row = {"model_id": "gpt-5", "provider": "openai", "timestamp": "2025-11-10"}
    row |= {"prompt_tokens": 100_000, "completion_tokens": 10_000, "reasoning_tokens": 8_000}
    calls = frame("calls", [row | {"total_tokens": 110_000}, row])
    found, _ = settle(calls)
    assert LIST.price(calls.assign(**found))["cost_usd"].tolist() == pytest.approx([0.225, 0.225])


#: First-party price lists, and how ``calls`` names the maker.
LISTS = {"anthropic": "anthropic", "openai": "openai", "google": "google", "zai": "z-ai"}
LISTS |= {name: name for name in ("deepseek", "moonshotai", "x-ai", "mistral", "minimax")}


@pytest.mark.parametrize("listed", LISTS)
def test_no_model_takes_the_price_of_one_that_its_name_begins_with(listed: str) -> None:
    """Every id of the list is itself; no other word or digit behind it still means it."""
    (provider,) = (p for p in providers if p.id == listed)
    for model in provider.models:
        name = model.id.lower()
        if name.startswith("ft:") or name not in {*_names(model.match)}:
            continue
        assert find_model(name, LISTS[listed]) is model
        for tail in ("-foo", "-image", "-tts", "9", "-9b", ".5", "-pro", "-max-2"):
            other = find_model(name + tail, LISTS[listed])
            assert other is None or name + tail in {*_names(other.match)}, (name + tail, other.id)


def test_a_long_prompt_is_in_a_tier_with_all_its_tokens() -> None:
    prices = [LIST.usd("gemini-2.5-pro", n, 0, "2025-11-10") for n in (200_000, 200_001)]
    assert prices == pytest.approx([0.25, 0.5000025])


@pytest.mark.parametrize("day", ["2025-10-28", "2026-11-01"])  # the list knows tiers since 2026
@pytest.mark.parametrize(
    ("model", "tiers"),
    {
        "gpt-5": {"flex": 0.5, "priority": 2, "batch": 0.5, "Default": 1, "scale": None},
        "o3": {"flex": 0.5},
        "claude-sonnet-4-5": {"batch": 0.5, "standard": 1, "priority": None},
        "gemini-2.5-pro": {"batch": 0.5, "ON_DEMAND": 1, "PROVISIONED_THROUGHPUT": None},
        "deepseek-chat": {"flex": None},
    }.items(),
)
def test_a_service_tier_has_its_own_price_or_none(
    model: str, tiers: dict[str, float | None], day: str
) -> None:
    standard = LIST.usd(model, 100_000, 0, day)
    for tier, times in tiers.items():
        found = LIST.usd(model, 100_000, 0, day, service_tier=tier)
        assert found == (times and pytest.approx(standard * times))


def test_an_own_price_of_a_tier_is_for_that_tier_alone(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("[[prices]]\nmodel='gpt-5'\nservice_tier='Scale'\ninput=7\noutput=7")
    own = PriceList.read(path)
    assert own.usd("gpt-5", 1_000_000, 0, "2026-11-01", service_tier="scale") == 7
    assert own.usd("gpt-5", 1_000_000, 0, "2026-11-01") == 1.25


@pytest.mark.parametrize("missing", ["model_id", "timestamp", "prompt_tokens", "completion_tokens"])
def test_without_model_tokens_or_date_the_cost_is_missing(missing: str) -> None:
    assert cost(**{missing: None}) is None


def test_an_unknown_model_costs_nothing_that_anyone_knows() -> None:
    assert cost(model_id="oracle-9", provider=None) is None


def test_no_tokens_cost_nothing() -> None:
    assert cost(prompt_tokens=0, completion_tokens=0) == 0


def test_no_calls_give_no_costs_of_the_right_type() -> None:
    priced = LIST.price(frame("calls"))
    assert list(map(str, priced.dtypes)) == ["Float64", "category", "Float64"]


def test_calls_keep_their_order_and_index() -> None:
    rows = [
        {"model_id": model, "timestamp": "2025-11-10", "prompt_tokens": n, "completion_tokens": 0}
        for model, n in [("gpt-5", 800), ("oracle-9", 1), ("gpt-5-mini", 4000), ("gpt-5", 1600)]
    ]
    priced = LIST.price(frame("calls", rows).set_axis([7, 3, 5, 1]))
    assert priced["cost_usd"].fillna(-1).to_dict() == {7: 0.001, 3: -1, 5: 0.001, 1: 0.002}
    assert priced["pricing_version"].isna().to_list() == [False, True, False, False]


def test_a_priced_row_names_list_version_and_day() -> None:
    row = {"model_id": "gpt-5", "timestamp": "2025-11-10T23:59:59Z"}
    row |= {"prompt_tokens": 1, "completion_tokens": 1}
    version = LIST.price(frame("calls", [row]))["pricing_version"][0]
    assert version == f"{pricing_source()} for 2025-11-10"
    assert pricing_source().split()[1][0].isdigit()


MODELS = {
    "gemini-2.5-pro": "google",
    "claude-sonnet-4-5": "anthropic",
    "claude-sonnet-4-6": "anthropic",
    "claude-haiku-4-5": "anthropic",
    "gpt-5-codex": "openai",
    "o3": "openai",
    "deepseek-chat": "deepseek",  # another price by night
    "sonar-deep-research": "perplexity",  # another price for reasoning
}


def random_calls(size: int) -> pd.DataFrame:
    draw = np.random.default_rng(20251028)
    model = draw.choice(list(MODELS), size)
    prompt = draw.integers(0, 400_000, size)
    seconds = draw.integers(0, 690 * 86_400, size)
    written = (prompt * draw.random(size) / 2).astype(int)
    counts = {
        "prompt_tokens": prompt,
        "completion_tokens": draw.integers(0, 20_000, size),
        "cached_tokens": (prompt * draw.random(size) / 2).astype(int),
        "cache_write_tokens": written,
        "cache_write_1h_tokens": (written * draw.random(size)).astype(int),
    }
    return pd.DataFrame(
        {
            "model_id": model,
            "provider": [MODELS[name] for name in model],
            "timestamp": pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(seconds, unit="s"),
        }
    ).assign(**{name: pd.array(values, dtype="Int64") for name, values in counts.items()})


def test_many_calls_at_once_cost_what_the_price_list_asks_for_each() -> None:
    calls = random_calls(2_000)
    expected = [
        float(
            calc_price(
                Usage(
                    input_tokens=row.prompt_tokens,
                    cache_read_tokens=row.cached_tokens,
                    cache_write_tokens=row.cache_write_tokens,
                    cache_write_5m_tokens=row.cache_write_tokens - row.cache_write_1h_tokens,
                    cache_write_1h_tokens=row.cache_write_1h_tokens,
                    output_tokens=row.completion_tokens,
                ),
                row.model_id,
                provider_id=row.provider,
                genai_request_timestamp=row.timestamp.to_pydatetime(),
            ).total_price
        )
        for row in calls.itertuples()
    ]
    found = LIST.price(calls)["cost_usd"].to_numpy(float)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


OWN = """
version = "contract 7"

[aliases]
"House-Model" = "gpt-5"

[provider_exchange_rate]
openai = 0.92

[[prices]]
model = "gpt-5"
from = 2025-11-01
until = 2026-01-01
input = 1.0
output = 8.0
cached = 0.1

[[prices]]
model = "oracle-9"
input = 2.0
output = 4.0
long_prompts = [{ above = 1000, input = 20.0, output = 40.0 }]
"""


@pytest.fixture
def own(tmp_path: Path) -> PriceList:
    path = tmp_path / "prices.toml"
    path.write_text(OWN, encoding="utf-8")
    return PriceList.read(path)


@pytest.mark.parametrize(
    ("day", "usd"),
    [("2025-10-31", 1.25), ("2025-11-01", 1.0), ("2025-12-31", 1.0), ("2026-01-01", 1.25)],
)
def test_an_own_price_holds_in_its_time_and_the_published_one_else(
    own: PriceList, day: str, usd: float
) -> None:
    assert own.usd("gpt-5", 1_000_000, 0, day) == usd


def test_a_published_price_by_the_hour_holds_where_no_own_one_does(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("[[prices]]\nmodel='deepseek-chat'\nfrom=2025-10-01\ninput=7\noutput=7")
    priced = PriceList.read(path)
    for hour in ("2025-09-01T02:00", "2025-09-01T17:00"):
        published = LIST.usd("deepseek-chat", 1_000_000, 0, hour)
        assert published is not None
        assert priced.usd("deepseek-chat", 1_000_000, 0, hour) == published
    assert priced.usd("deepseek-chat", 1_000_000, 0, "2025-10-01") == 7
    calls = frame(
        "calls",
        [
            {"model_id": "deepseek-chat", "provider": "deepseek", "timestamp": day}
            | {"prompt_tokens": 1, "completion_tokens": 1}
            for day in ("2025-09-30", "2025-10-01")
        ],
    )
    sources = priced.price(calls)["pricing_version"].tolist()
    assert sources[0] == f"{pricing_source()} for 2025-09-30"
    assert sources[1].startswith("prices.toml")


def test_before_its_own_price_a_model_that_no_list_knows_has_none(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("[[prices]]\nmodel='oracle-9'\nfrom=2025-10-01\ninput=7\noutput=7")
    assert PriceList.read(path).usd("oracle-9", 1, 1, "2025-09-30") is None


def test_an_own_price_may_be_of_a_model_that_no_list_knows(own: PriceList) -> None:
    assert own.usd("oracle-9", 1_000, 0, "2025-11-10") == pytest.approx(0.002)
    assert own.usd("oracle-9", 1_001, 0, "2025-11-10") == pytest.approx(0.02002)


def test_a_kind_of_token_without_an_own_price_costs_as_much_as_input(own: PriceList) -> None:
    assert own.usd("gpt-5", 1_000_000, 0, "2025-11-10", cached_tokens=1_000_000) == 0.1
    assert own.usd("oracle-9", 1_000, 0, "2025-11-10", cached_tokens=1_000) == 0.002


def test_an_alias_means_another_model(own: PriceList) -> None:
    assert own.usd("house-model", 1_000_000, 0, "2025-10-01") == 1.25


@pytest.mark.parametrize(
    ("spelling", "called"),
    [
        ("claude-4.5-sonnet", "claude-sonnet-4-5"),
        ("Claude-Sonnet-4-5-20250929", "claude-sonnet-4.5"),
        ("Oracle-9", "oracle-9"),
        ("unknown", "house-name"),
    ],
)
def test_a_price_file_may_spell_a_model_as_people_do(
    tmp_path: Path, spelling: str, called: str
) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(
        f"aliases = {{ house-name = '{spelling}' }}\n"
        f"[[prices]]\nmodel = '{spelling}'\ninput = 7\noutput = 7"
    )
    priced = PriceList.read(path)
    assert priced.usd(called, 1_000_000, 0, "2025-11-10") == 7
    assert priced.usd("house-name", 1_000_000, 0, "2025-11-10") == 7


def test_a_price_file_may_write_a_provider_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("[[prices]]\nmodel='gpt-5'\nprovider='OpenAI'\ninput=7\noutput=7")
    assert PriceList.read(path).usd("gpt-5", 1_000_000, 0, "2025-11-10") == 7


def test_the_version_says_whose_price_it_was(own: PriceList) -> None:
    rows = [
        {"model_id": "gpt-5", "timestamp": day, "prompt_tokens": 1, "completion_tokens": 1}
        for day in ("2025-10-31", "2025-11-01")
    ]
    assert own.price(frame("calls", rows))["pricing_version"].tolist() == [
        f"{pricing_source()} for 2025-10-31",
        "prices.toml contract 7 for 2025-11-01",
    ]
    assert own.source == f"{pricing_source()} + prices.toml contract 7"


def test_the_exchange_rate_is_that_of_the_provider(own: PriceList) -> None:
    calls = frame("calls", [{"provider": "openai"}, {"provider": "google"}])
    assert own.price(calls)["provider_exchange_rate"].fillna(0).tolist() == [0.92, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices = 3", "Expected `array`, got `int`"),
        ("[[prices]]\nmodel = 'a'\ninput = -1\noutput = 1", ">= 0.0 - at `$.prices[0].input`"),
        ("[[prices]]\nmodel = 'a'\ninput = 1", "missing required field `output`"),
        ("[[prices]]\nmodel='a'\ninput=1\noutput=1\nchached=1", "unknown field `chached`"),
        ("[provider_exchange_rate]\nopenai = 0", "> 0.0"),
        ("version = ", "no valid TOML"),
        (
            "[[prices]]\nmodel='a'\ninput=1\noutput=1\nfrom=2026-01-01\nuntil=2025-01-01",
            "prices[0] (a) ends on 2025-01-01, before it begins on 2026-01-01",
        ),
        (
            "[[prices]]\nmodel='a'\ninput=1\noutput=1\n"
            "long_prompts=[{above=9,input=1,output=1},{above=9,input=2,output=2}]",
            "prices[0] (a) has two prices of long_prompts above the same number",
        ),
        ("[aliases]\nMine='a'\nmine='b'", "aliases 'Mine' and 'mine' are one name"),
        (
            "[provider_exchange_rate]\nopenai=0.9\nOpenAI=0.8",
            "provider_exchange_rate 'openai' and 'OpenAI' are one name",
        ),
    ],
)
def test_a_price_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError) as refused:
        PriceList.read(path)
    assert said in str(refused.value)
    assert "mine.toml" in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_price_file_is_read_as_its_editor_saved_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes("[aliases]\r\n'Maß' = 'gpt-5'\r\n".encode(encoding))
    assert PriceList.read(path).own.aliases == {"maß": "gpt-5"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("# Müller".encode("cp1252"), "line 1 is not UTF-8 text; save it as UTF-8"),
        (b"[provider_exchange_rate]\nopenai = 1e400\n", "Expected `float` <= "),
        (b"[provider_exchange_rate]\nopenai = nan\n", "Expected `float` > 0.0"),
        (b"[provider_exchange_rate]\nopenai = -1\n", "Expected `float` > 0.0"),
        (b"[[prices]]\nmodel='a'\ninput = inf\noutput = 1\n", "Expected `float` <= "),
        (b"[[prices]]\nmodel='a'\ninput = nan\noutput = 1\n", "Expected `float` >= 0.0"),
    ],
)
def test_a_price_file_with_no_text_or_number_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(EvidenceError) as refused:
        PriceList.read(path)
    assert f"price file {path}: " in str(refused.value)
    assert said in str(refused.value)


def price_entries(*entries: str) -> str:
    return "".join(f"[[prices]]\ninput = 1\noutput = 1\n{entry}\n" for entry in entries)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            ["model='gpt-5'", "model='o3'", "model='GPT-5'"],
            "prices[0] (gpt-5) and prices[2] (gpt-5) both hold at all times",
        ),
        (
            ["model='a'\nuntil=2026-01-01", "model='a'\nfrom=2025-12-31"],
            "prices[0] (a) and prices[1] (a) both hold from 2025-12-31 until 2026-01-01",
        ),
        (["model='a'", "model='a'\nfrom=2025-12-31"], "both hold from 2025-12-31"),
        (["model='a'", "model='a'\nprovider='acme'"], "give each a provider of its own"),
        (["model='a'\nprovider='Acme'", "model='a'\nprovider='acme'"], "both hold at all times"),
    ],
)
def test_two_prices_of_one_call_are_refused(tmp_path: Path, entries: list[str], said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(price_entries(*entries), encoding="utf-8")
    with pytest.raises(EvidenceError) as refused:
        PriceList.read(path)
    assert str(refused.value).startswith(f"price file {path}: prices[")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "entries",
    [
        ["model='a'\nuntil=2026-01-01", "model='a'\nfrom=2026-01-01"],
        ["model='a'\nprovider='acme'", "model='a'\nprovider='other'"],
        ["model='a'", "model='b'"],
    ],
)
def test_prices_of_other_times_providers_and_models_stand_together(
    tmp_path: Path, entries: list[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(price_entries(*entries), encoding="utf-8")
    assert len(PriceList.read(path).own.prices) == 2


def test_of_several_providers_prices_none_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    both = price_entries("model='oracle-9'\nprovider='acme'", "model='oracle-9'\nprovider='other'")
    path.write_text(both, encoding="utf-8")
    prices = PriceList.read(path)
    assert prices.usd("oracle-9", 1_000_000, 0, "2025-11-10", provider="acme") == 1
    assert prices.usd("oracle-9", 1_000_000, 0, "2025-11-10") is None


def test_entries_that_no_call_is_of_are_named(own: PriceList) -> None:
    rows = [{"model_id": "gpt-5"}, {"model_id": "sonnet", "model_requested": "claude"}]
    assert own.unused_sentence(frame("calls", rows)) == (
        "No call is of these entries of the price file: prices[1] (oracle-9), the alias"
        " house-model."
    )
    called = [*rows, {"model_id": "oracle-9", "model_requested": "House-Model"}]
    assert own.unused_sentence(frame("calls", called)) == ""
    assert LIST.unused_sentence(frame("calls", rows)) == ""


def test_a_price_of_what_an_alias_stands_for_is_used(own: PriceList) -> None:
    rows = [{"model_id": "house-model"}, {"model_id": "oracle-9"}]
    assert own.unused_sentence(frame("calls", rows)) == ""


def test_commands_name_the_entries_that_no_call_is_of(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(price_entries("model='gpt-5'", "model='gtp-5'"), encoding="utf-8")
    done = CliRunner().invoke(main, ["telemetry", str(sk.sample_path()), "--prices", str(path)])
    assert done.exit_code == 0
    assert "No call is of these entries of the price file: prices[1] (gtp-5).\n" in done.stderr


def test_a_price_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="No such file"):
        PriceList.read(tmp_path / "nowhere.toml")


def test_evidence_is_loaded_at_own_prices(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("[[prices]]\nmodel = 'gpt-5'\ninput = 0\noutput = 0\n", encoding="utf-8")
    evidence = sk.load(sk.sample_path(), prices=path)
    by_gpt = evidence.calls["model_id"] == "gpt-5"
    assert evidence.calls.loc[by_gpt, "cost_usd"].dropna().eq(0).all()
    assert evidence.calls.loc[~by_gpt, "cost_usd"].dropna().gt(0).all()
    assert evidence.pricing_source.endswith(path.name + " " + evidence.pricing_source.split()[-1])
