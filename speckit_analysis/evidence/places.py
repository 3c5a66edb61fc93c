"""Where agents leave their logs: the usual places, as the variables of their programs name them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def usual_places(variables: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the folders in which Claude Code, Codex and Gemini CLI keep their logs.

    They need not exist.  ``CLAUDE_CONFIG_DIR`` may name several folders, with commas between.
    """
    home = Path.home()
    config = Path(variables.get("XDG_CONFIG_HOME") or home / ".config")
    named = [part.strip() for part in variables.get("CLAUDE_CONFIG_DIR", "").split(",")]
    claude = [Path(part).expanduser() for part in named if part]
    codex = Path(variables.get("CODEX_HOME") or home / ".codex").expanduser()
    return [
        *(folder / "projects" for folder in claude or (home / ".claude", config / "claude")),
        *(codex / "sessions", codex / "archived_sessions"),
        home / ".gemini" / "tmp",
    ]
