"""Which files are there: folders, files and globs to a list of work, without following links."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from speckit_analysis.errors import EvidenceError

#: Folders of an evidence root.  The last one in a path tells where the evidence root ends.
EVIDENCE_FOLDERS = frozenset(
    {"consensus", "commands", "costs", "reviews", "spawns", ".locks", "archive"}
)

#: Folders that tools make and that hold no evidence.
SKIPPED_FOLDERS = frozenset({".git", ".ipynb_checkpoints", "__pycache__", ".venv", "node_modules"})

#: Folders that hold copies of evidence beside it.
ARCHIVES = frozenset({"archive", "archives", "backup", "backups"})

# What the first letter of a file's mode says, as ``ls -l`` shows it.
_SPECIAL = {
    "l": "symbolic link",
    "p": "FIFO",
    "s": "socket",
    "b": "block device",
    "c": "character device",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder and those of its files that are to be read."""

    path: str  #: absolute
    source: str  #: prefix of the files' ``source``
    evidence_root: str  #: relative to the root given to load
    inner: str  #: prefix of the files' path within the evidence root
    top: str  #: folder of the evidence root, such as ``consensus``; empty where unknown
    spec: str | None
    first: int  #: number of the first file
    names: list[str]
    content: bool = False  #: prompts and answers in logs of agents are wanted


@dataclass
class Discovery:
    """What was found: folders with their files, and what is no regular file."""

    folders: list[Folder] = field(default_factory=list)
    special: list[tuple[str, str]] = field(default_factory=list)  #: source, what it is
    unreadable: list[tuple[str, str]] = field(default_factory=list)  #: source, reason
    files: int = 0
    content: bool = False


def path_names(roots: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Return `roots` as texts.

    Raises
    ------
    EvidenceError
        If one is no path, or one in bytes.
    """
    names = []
    for root in roots:
        name = os.fspath(root) if isinstance(root, str | os.PathLike) else root
        if not isinstance(name, str):
            kind = type(name).__name__
            raise EvidenceError(f"{name!r} is of type {kind}; a path must be a str or a Path")
        names.append(name)
    return names


def resolve(roots: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the files and folders that `roots` (files, folders, globs) stand for.

    One string may hold several, joined as in PATH, so that a notebook's single parameter can.

    Raises
    ------
    EvidenceError
        If a root does not exist or cannot be looked at, or a glob matches nothing.
    """
    found: list[Path] = []
    for root in _split(roots):
        try:
            path = Path(root).expanduser()
            if path.exists():
                found.append(path.resolve())
                continue
            matches = _matches(path) if glob.has_magic(str(path)) else []
        except (OSError, RuntimeError) as error:  # no such home, no permission, a name too long
            reason = getattr(error, "strerror", None) or error
            raise EvidenceError(f"{root[:200]}: cannot be looked at: {reason}") from None
        if not matches:
            kind = "glob matches nothing" if glob.has_magic(str(path)) else "no such file or folder"
            raise EvidenceError(
                f"{root}: {kind}. Expected a file, a folder or a glob of evidence; an evidence"
                " folder holds consensus/, commands/ or costs/."
            )
        found.extend(matches)
    kept = dict.fromkeys(found)
    # A root inside another root would be read twice.
    return [path for path in kept if not any(other in path.parents for other in kept)]


def _matches(pattern: Path) -> list[Path]:
    """Return what a glob matches, in order, but for what lies behind a symbolic link."""
    fixed = Path(*takewhile(lambda part: not glob.has_magic(part), pattern.parts))
    found = []
    for match in map(Path, sorted(glob.glob(str(pattern), recursive=True))):
        inside = (folder for folder in match.parents if fixed in folder.parents)
        if not any(folder.is_symlink() for folder in inside):
            found.append(match.parent.resolve() / match.name)
    return found


def _split(roots: Iterable[str | os.PathLike[str]]) -> Iterator[str]:
    for root in path_names(roots):
        if not root:
            raise EvidenceError("an empty path is no evidence; name a file, a folder or a glob")
        whole = os.pathsep not in root or os.path.lexists(os.path.expanduser(root))  # noqa: PTH111
        yield from [root] if whole else filter(None, root.split(os.pathsep))


def discover(roots: list[Path], *, content: bool = False) -> Discovery:
    """List every file under `roots`, in a fixed order, without following symbolic links."""
    discovery = Discovery(content=content)
    if not roots:
        return discovery
    common = common_folder(roots)
    files_by_folder: dict[Path, list[str]] = {}
    for path in roots:
        if _is_folder(path):
            for folder, names in _walk(path, common, discovery):
                _add(discovery, folder, common, names)
        else:
            files_by_folder.setdefault(path.parent, []).append(path.name)
    for folder, names in files_by_folder.items():
        prefix = _relative(folder, common)
        regular = [
            n for n in sorted(names) if _is_regular(folder / n, prefix + shown(n), discovery)
        ]
        _add(discovery, folder, common, regular)
    return discovery


def common_folder(roots: list[Path]) -> Path:
    """Return the folder that the ``source`` of every file under `roots` is relative to."""
    return Path(os.path.commonpath([p if _is_folder(p) else p.parent for p in roots]))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_regular(path: Path | os.DirEntry[str], source: str, discovery: Discovery) -> bool:
    """Tell whether this is a regular file; list what is none, or went away since it was listed."""
    try:
        mode = Path(path).lstat().st_mode
    except OSError as error:
        discovery.unreadable.append((source, error.strerror or str(error)))
        return False
    if stat.S_ISREG(mode):
        return True
    discovery.special.append((source, _special(mode)))
    return False


def _walk(top: Path, common: Path, discovery: Discovery) -> Iterator[tuple[Path, list[str]]]:
    pending = [top]
    while pending:
        folder = pending.pop()
        prefix = _relative(folder, common)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            discovery.unreadable.append((prefix or ".", error.strerror or str(error)))
            continue
        names, folders = [], []
        for entry in entries:
            try:
                is_file, is_folder = (
                    entry.is_file(follow_symlinks=False),
                    entry.is_dir(follow_symlinks=False),
                )
            except OSError:
                is_file = is_folder = False
            if is_file:
                names.append(entry.name)
            elif is_folder:
                if entry.name not in SKIPPED_FOLDERS:
                    folders.append(folder / entry.name)
            elif _is_regular(entry, f"{prefix}{shown(entry.name)}", discovery):
                names.append(entry.name)  # it became one since
        # Copies come after what they copy: of two equal records the first is the original.
        folders.sort(key=lambda folder: folder.name.lower() in ARCHIVES)
        pending.extend(reversed(folders))
        if names:
            yield folder, names


def _special(mode: int) -> str:
    return _SPECIAL.get(stat.filemode(mode)[0], "special file")


def _relative(folder: Path, common: Path) -> str:
    relative = os.path.relpath(folder, common)
    return "" if relative == "." else shown(relative.replace(os.sep, "/")) + "/"


def shown(name: str) -> str:
    """Return a file name as text, with bytes that are not UTF-8 escaped."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def _add(discovery: Discovery, folder: Path, common: Path, names: list[str]) -> None:
    if not names:
        return
    parts = folder.parts
    index = next((i for i in range(len(parts) - 1, 0, -1) if parts[i] in EVIDENCE_FOLDERS), None)
    top = parts[index] if index is not None else ""
    inside = parts[index:] if index is not None else ()
    root = Path(*parts[:index]) if index is not None else folder
    # A folder of reviews is that of an experiment, whose cards name their SPEC themselves.
    spec = inside[1] if len(inside) > 1 and top in ("consensus", "commands") else None
    evidence_root = os.path.relpath(root, common)
    discovery.folders.append(
        Folder(
            path=str(folder),
            source=_relative(folder, common),
            evidence_root="." if evidence_root.startswith("..") else shown(evidence_root),
            inner="".join(f"{shown(part)}/" for part in inside),
            top=top,
            spec=None if spec is None else shown(spec),
            first=discovery.files,
            names=names,
            content=discovery.content,
        )
    )
    discovery.files += len(names)
