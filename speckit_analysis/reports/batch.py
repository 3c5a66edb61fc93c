"""Run notebooks side by side and leave a folder of reports."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from speckit_analysis.errors import ReportError
from speckit_analysis.evidence.cache import VARIABLE
from speckit_analysis.evidence.load import refuse_nothing
from speckit_analysis.reports.earlier import earlier_pages
from speckit_analysis.reports.execute import Execution, execute
from speckit_analysis.reports.headlines import METADATA_KEY
from speckit_analysis.reports.html import render_index, render_report
from speckit_analysis.reports.kernels import Interrupted, Kernels
from speckit_analysis.reports.library import find_notebooks
from speckit_analysis.reports.limits import TIMEOUT
from speckit_analysis.reports.parameters import (
    Parameter,
    check_limits,
    choose_parameters,
    declared_parameters,
    effective_parameters,
)
from speckit_analysis.reports.provenance import Provenance, package_versions, shown_path
from speckit_analysis.reports.result import ReportResult
from speckit_analysis.reports.workspace import Workspace
from speckit_analysis.sample import is_sample
from speckit_analysis.whole_files import make_folder, write_whole


def run_reports(
    names: Sequence[str | Path],
    evidence: str | Path | Sequence[str | Path],
    out: str | Path,
    parameters: Mapping[str, object] | None = None,
    *,
    jobs: int | None = None,
    progress: bool = False,
    timeout: float | None = TIMEOUT,
    public: bool = False,
    map: str | Path | None = None,
) -> list[ReportResult]:
    """Run notebooks on the same evidence and write their reports and an index.

    Parameters
    ----------
    names : sequence of str or Path
        Paths of notebooks, names of the project's notebooks, or ``"all"``.
    evidence : str, Path or a sequence of them
        Folders, files or globs of evidence.  They are read once, for all notebooks, and
        given to each as its parameter ``evidence``: absolute, several ones joined by
        ``os.pathsep``.
    out : str or Path
        Folder for ``NAME.ipynb``, ``NAME.html`` and ``index.html``; created if missing.  Pages of
        earlier batches stay there, and the index lists them apart.
    parameters : mapping, optional
        Values for parameters; a notebook gets those that it declares.
    jobs : int, optional
        How many notebooks run side by side; by default one per core.
    progress : bool
        Show a progress bar on standard error.
    timeout : float or None
        Seconds that a notebook may run; one that takes longer is stopped, and fails.
    public : bool
        Let the umask decide who may read the reports; by default only their owner may.
    map : str, Path or None
        Mapping file that the evidence is read with.

    Returns
    -------
    list of ReportResult
        One per notebook, in the order asked for.  A notebook that fails does not stop the
        others.

    Raises
    ------
    ReportError
        If what was asked for cannot be done: an unknown notebook or parameter, a value that a
        notebook does not take, a folder that cannot be written to, evidence that is not there.
    """
    if timeout is not None and not 0 < timeout < inf:
        raise ReportError(f"the time limit must be a number of seconds above 0 (got {timeout})")
    roots = [evidence] if isinstance(evidence, str | Path) else list(evidence)
    paths = find_notebooks(names, own_evidence=not is_sample(roots))
    declared = {path: declared_parameters(path) for path in paths}
    chosen = choose_parameters(declared, parameters or {})
    for path in paths:
        check_limits(path.stem, declared[path], chosen[path])
    folder = Path(out).absolute()
    prepare_folder(folder, public=public)
    started = datetime.now(UTC)
    began = time.perf_counter()
    with Workspace() as work:
        read = _load_once(roots, work / "snapshot", _own_prices(chosen), map)
        todo = [
            _Job(path, declared[path], chosen[path], read, folder, work, timeout, public)
            for path in paths
        ]
        results = _run_all(todo, jobs, progress)
    provenance = Provenance(
        roots=read.roots,
        fingerprint=read.fingerprint,
        versions=package_versions(),
        seed=_seeds(todo),
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - began, 3),
    )
    earlier = earlier_pages(folder, [result.name for result in results])
    index = render_index(results, provenance, earlier)
    write_whole(folder / "index.html", index, private=not public)
    return results


@dataclass(frozen=True)
class _Evidence:
    """What the batch knows of the evidence after reading it once."""

    argument: str
    roots: list[str]
    fingerprint: str


@dataclass(frozen=True)
class _Job:
    """One notebook with everything it takes to run and file it."""

    path: Path
    declared: Mapping[str, Parameter]
    chosen: Mapping[str, object]
    evidence: _Evidence
    out: Path
    work: Path
    timeout: float | None
    public: bool

    @property
    def passed(self) -> dict[str, object]:
        own = {"evidence": self.evidence.argument} if "evidence" in self.declared else {}
        return own | dict(self.chosen)

    @property
    def parameters(self) -> list[dict[str, str]]:
        shown = {
            name: shown_path(str(value)) if self.declared[name].is_file and value else value
            for name, value in self.passed.items()
        }
        if "evidence" in shown:
            shown["evidence"] = shown_path(self.evidence.argument)
        return effective_parameters(self.declared, shown)


def _own_prices(chosen: Mapping[Path, Mapping[str, object]]) -> object:
    """Return the price file that the evidence is loaded with; notebooks are given the same."""
    return next((values["prices"] for values in chosen.values() if "prices" in values), None)


def _load_once(
    evidence: Sequence[str | Path],
    snapshot: Path,
    prices: object,
    map: str | Path | None = None,
) -> _Evidence:
    """Read the evidence and save it where the kernels will look for it."""
    import speckit_analysis

    try:
        own = str(prices) if prices else None
        loaded = speckit_analysis.load(*evidence, prices=own, map=map)
        refuse_nothing(loaded.roots, loaded.files["format"])
    except (speckit_analysis.EvidenceError, OSError) as error:
        raise ReportError(str(error)) from error
    loaded.save(snapshot)
    return _Evidence(
        # Kernels take the snapshot; the parameter says what it is a snapshot of.
        argument=os.pathsep.join(str(Path(root).expanduser().absolute()) for root in evidence),
        roots=[shown_path(root) for root in loaded.roots],
        fingerprint=loaded.fingerprint,
    )


def _run_all(todo: Sequence[_Job], jobs: int | None, progress: bool) -> list[ReportResult]:
    environment = {VARIABLE: str(todo[0].work / "snapshot")}
    results: dict[Path, ReportResult] = {}
    workers = min(jobs or os.cpu_count() or 1, len(todo))
    with (
        Kernels(environment) as kernels,
        _progress_bar(todo, progress) as on_cell,
        _pool(workers, kernels) as pool,
    ):
        futures = {pool.submit(_run_one, job, kernels, on_cell): job for job in todo}
        for future in as_completed(futures):
            results[futures[future].path] = future.result()
    return [results[job.path] for job in todo]


@contextmanager
def _pool(workers: int, kernels: Kernels) -> Iterator[ThreadPoolExecutor]:
    """Threads that wait for kernels; an interruption ends the kernels, and so the threads."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="report")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        kernels.stop()
        raise
    finally:
        pool.shutdown(wait=True)


@contextmanager
def _progress_bar(todo: Sequence[_Job], shown: bool) -> Iterator[Callable[[], None]]:
    """Show a progress bar, and give what threads call after each cell."""
    from tqdm import tqdm

    cells, lock = sum(_code_cells(job.path) for job in todo), threading.Lock()
    with tqdm(total=cells, desc="Running notebooks", unit="cell", disable=not shown) as bar:

        def advance() -> None:
            with lock:
                bar.update()

        yield advance


def _code_cells(path: Path) -> int:
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    return sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in cells)


def _run_one(job: _Job, kernels: Kernels, on_cell: Callable[[], None]) -> ReportResult:
    import nbformat

    started = datetime.now(UTC)
    execution = execute(job.path, job.work, job.passed, kernels, on_cell, timeout=job.timeout)
    if kernels.stopped:
        # The kernel died because the user wished so; an older report must not give way to that.
        raise Interrupted(f"{job.path.name} was stopped")
    notebook, kept = execution.notebook, job.out / f"{job.path.stem}.ipynb"
    _record(job, execution, started)
    result = ReportResult.of(notebook, kept, execution.failure, execution.seconds)
    write_whole(result.notebook, nbformat.writes(notebook), private=not job.public)
    write_whole(result.html, render_report(notebook, result.name), private=not job.public)
    return result


def _record(job: _Job, execution: Execution, started: datetime) -> None:
    """Write into the notebook where it comes from and how it went."""
    metadata = execution.notebook.metadata
    read = {"roots": job.evidence.roots, "fingerprint": job.evidence.fingerprint}
    metadata[METADATA_KEY] = {
        # A notebook that does not ask for the evidence rests on none of it.
        "evidence": read if "evidence" in job.declared else {},
        "parameters": job.parameters,
        "versions": package_versions(),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(execution.seconds, 3),
        "failure": None if execution.failure is None else asdict(execution.failure),
        "index": "index.html",
    }
    if "papermill" in metadata:
        # The folder papermill worked in is gone by the time anyone reads this.
        metadata.papermill.input_path = job.path.name
        metadata.papermill.output_path = job.path.name


def _seeds(todo: Sequence[_Job]) -> str:
    """Return the seed that all notebooks have, or each one's own."""
    seeds = {
        job.path.stem: p["value"] for job in todo for p in job.parameters if p["name"] == "seed"
    }
    if len(set(seeds.values())) < 2:
        return next(iter(seeds.values()), "")
    return ", ".join(f"{name} {seed}" for name, seed in seeds.items())


def prepare_folder(folder: Path, *, public: bool) -> None:
    """Create `folder` and make sure that files can be written into it.

    Only its owner may look into it, unless it is `public`.

    Raises
    ------
    ReportError
        If it cannot be created or written to.
    """
    try:
        make_folder(folder, private=not public)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ReportError(f"cannot write reports to {folder}: {error.strerror}") from error
