"""What a call cost: its tokens at the price of its day, from a price list kept by others.

>>> from speckit_analysis import prices
>>> prices.PriceList().usd("gpt-5", 1234, 567, "2025-10-28")
0.0072125
"""

from __future__ import annotations

from speckit_analysis.prices.pricelist import PriceList
from speckit_analysis.prices.published import pricing_source

__all__ = ["PriceList", "pricing_source"]
