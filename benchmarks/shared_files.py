"""Where real evidence, public studies and labels lie: beside the checkout, or where told.

The environment variable ``SPECKIT_SHARED`` names another folder.  None of them is needed: what
reads them does without, and says so.
"""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("SPECKIT_SHARED") or Path(__file__).resolve().parents[2] / "shared")

EVIDENCE = SHARED / "evidence"
PUBLIC_STUDIES = SHARED / "public"
PUBLISHED_EXAMPLES = SHARED / "stats" / "canon.json"
LABELLED_PAIRS = SHARED / "gold" / "dev.jsonl"
LABELLED_RUNS = SHARED / "gold" / "run_level.jsonl"
