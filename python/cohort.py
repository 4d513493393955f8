"""Cohort from Python: run scenarios, read what they leave as arrays.

    import cohort
    run = cohort.run("scenarios/quickstart.toml", schedule__rounds=20)
    run.metrics["test_accuracy"]  # [rounds], NaN where it was not measured

A thin layer over the program ``cohort``, which does the work in a process of its own; what this
module adds is the way there and back. It needs Python 3.11 and NumPy, and keeps no state.

The program is the one that ``COHORT_BINARY`` names, else ``cohort`` on PATH, else the launcher
``./cohort`` of the repository that this file lies in (which builds it at the first call).
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import subprocess
import tempfile
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["CohortError", "Run", "aggregate", "find_program", "partition", "run", "sweep",
           "to_toml"]


class CohortError(RuntimeError):
    """The program did not end well. Its text is what the program said on standard error.

    code: its exit status. 2 bad input, 3 environment, 4 diverged, 5 a peer or rank was lost,
        75 stopped and resumable.
    directory: the folder of the run or sweep, which exists unless nothing was begun; None for what
        has none.
    """

    def __init__(self, message: str, code: int, directory: Path | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.directory = directory


@dataclass(frozen=True)
class Run:
    """A run directory. Everything is read from it when it is asked for."""

    directory: Path

    @property
    def summary(self) -> dict[str, Any]:
        """``summary.json``: status, stop_reason, rounds, model_hash, seeds, final, best, ..."""
        return json.loads((self.directory / "summary.json").read_text("utf-8"))

    @property
    def scenario(self) -> dict[str, Any]:
        """The effective scenario, with every option."""
        return tomllib.loads((self.directory / "scenario.toml").read_text("utf-8"))

    @property
    def metrics(self) -> dict[str, np.ndarray]:
        """The numbers of ``metrics.jsonl`` by flat name, each float64 of shape [rounds + 1].

        Entry 0 is the start. "test_accuracy" is the accuracy on the set "test"; NaN where it was
        not measured in that round or not finite. bytes_up and bytes_down are the bytes of a round,
        data_passes are counted from the start, oracle_calls_gradient are the calls of a round.
        """
        with open(self.directory / "metrics.jsonl", encoding="utf-8") as lines:
            rounds = [dict(_numbers(json.loads(line))) for line in lines]
        names = {name: None for numbers in rounds for name in numbers}  # in order, once
        return {
            name: np.array([numbers.get(name, math.nan) for numbers in rounds]) for name in names
        }

    @property
    def model(self) -> dict[str, np.ndarray]:
        """``model.npz``: each segment of the model by its name, [rows, cols], float64.

        With data, also how a row is prepared before the model sees it: "_mean" and "_scale",
        [features], (row - mean) / scale, and "_labels", [classes]. "_cohort" is TOML as bytes,
        uint8: what the program itself needs to use the model again.
        """
        with np.load(self.directory / "model.npz") as arrays:
            return {name: arrays[name] for name in arrays.files}


def run(
    scenario: Mapping[str, Any] | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    launcher: Sequence[str] = (),
    verbose: bool = False,
    **sets: Any,
) -> Run:
    """Runs a scenario and waits for its end.

    scenario: a scenario file, or its contents. Paths in contents begin at the current folder.
    out: the folder of the run, which must be new unless `resume` is given; without it, a new one
        under the system's folder for temporary files.
    resume: goes on with what `out` holds: from the last checkpoint, or not at all if it is done.
    launcher: what starts the processes of a job, as ["mpirun", "-n", "4"].
    verbose: shows the program's progress on standard output.
    sets: options that replace those of the scenario; two underscores stand for the dot,
        ``schedule__rounds=20``, or give names with dots, ``**{"schedule.rounds": 20}``.

    Raises CohortError when the program ends with another status than 0. On KeyboardInterrupt the
    program is asked to stop: it writes a checkpoint after its round, and `resume` goes on from it.
    """
    directory = _execute(scenario, [], out, resume, launcher, verbose, sets)
    runs = _runs_below(directory)
    if len(runs) != 1:
        raise ValueError(f"{directory} holds {len(runs)} runs, since the scenario has cases or a "
                         "[sweep]: call cohort.sweep")
    return runs[0]


def sweep(
    scenario: Mapping[str, Any] | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    launcher: Sequence[str] = (),
    verbose: bool = False,
    options: Sequence[str] = (),
    **sets: Any,
) -> list[Run]:
    """Runs every case and point of a scenario's [sweep]; the runs, by the names of their folders.

    options: further options of ``cohort run``, as ["--jobs", "4"]. The others, and what is raised,
    are those of run(). Runs that serve to tune an option are not among the result. What a point
    is follows from ``Run.scenario``.
    """
    return _runs_below(_execute(scenario, options, out, resume, launcher, verbose, sets))


def aggregate(
    rows: np.ndarray,
    rule: str,
    *,
    f: int | None = None,
    pre: Sequence[str | Mapping[str, Any]] = (),
    weights: Sequence[float] | None = None,
    seed: int = 1,
    threads: int = 1,
    **options: Any,
) -> np.ndarray:
    """Many updates to one by a robust rule: ``cohort aggregate``. Returns float64, [d].

    rows: [n, d], one client a row; float32 stays so, anything else is read as float64.
    rule: as ``cohort list rules`` names it; `options` are those of the rule.
    f: how many rows are Byzantine. Rules that compute with it refuse without it.
    pre: row maps in front, in order: names, or {"type": name, option: value}.
    weights: [n], positive, for rules that have a weighted form.
    seed: of rules that draw.

    Rows that are not finite are dropped, counted against f, and told as a RuntimeWarning. Raises
    CohortError for what the rule cannot take.
    """
    rows = np.asarray(rows)
    if rows.ndim != 2:
        raise ValueError(f"rows: expected [n, d], found an array of {rows.ndim} dimensions")
    command = [find_program(), "aggregate", "--rule", rule, "--seed", str(seed),
               "--threads", str(threads)]
    if f is not None:
        command += ["--f", str(f)]
    for row_map in pre:
        command += ["--pre", row_map if isinstance(row_map, str) else _value(row_map, "pre")]
    for name, value in options.items():
        command += ["--option", f"{name}={_value(value, name)}"]
    if weights is not None:
        command += ["--weights", ",".join(repr(float(w)) for w in weights)]
    with tempfile.TemporaryDirectory(prefix="cohort-") as scratch:
        given, made = Path(scratch, "rows.npy"), Path(scratch, "aggregate.npy")
        element = "<f4" if rows.dtype == np.float32 else "<f8"
        np.save(given, np.ascontiguousarray(rows, dtype=element))
        code, said = _wait_for([*command, "--in", str(given), "--out", str(made)], False,
                               signal.SIGINT)
        said = said.replace(f"{given}: ", "").strip()
        if code != 0:
            raise CohortError(said or _meaning(code, None), code)
        if said:
            warnings.warn(said, RuntimeWarning, stacklevel=2)
        return np.load(made)


def partition(
    scenario: Mapping[str, Any] | str | os.PathLike[str], **sets: Any
) -> dict[str, np.ndarray]:
    """Which row is whose, without a run: ``cohort data partition``.

    Returns "client", int64 of shape [rows of the train file], the holder or -1, and "set", uint8 of
    the same shape: 0 train, 1 validation, 2 test, 3 the client's own test, 4 unused. Saved by
    ``numpy.savez("parts.npz", **parts)``, a scenario reads them back as
    ``data.partition = {"type": "file", "file": "parts.npz"}``.

    scenario, sets: as for run(). Raises CohortError for a scenario that is wrong or has no rows.
    """
    with _as_file(scenario) as file, tempfile.TemporaryDirectory(prefix="cohort-") as scratch:
        made = Path(scratch, "parts.npz")
        code, said = _wait_for([find_program(), "data", "partition", str(file), "--out", str(made),
                                *_set_options(sets)], False, signal.SIGINT)
        if code != 0:
            raise CohortError(said.strip() or _meaning(code, None), code)
        with np.load(made) as arrays:
            return {name: arrays[name] for name in arrays.files}


def find_program() -> str:
    """The program that this module calls; raises FileNotFoundError if there is none."""
    if named := os.environ.get("COHORT_BINARY"):
        return named
    if found := shutil.which("cohort"):
        return found
    launcher = Path(__file__).resolve().parent.parent / "cohort"
    if os.access(launcher, os.X_OK) and launcher.is_file():
        return str(launcher)
    raise FileNotFoundError("no program 'cohort': set COHORT_BINARY, or put it on PATH")


def _execute(
    scenario: Mapping[str, Any] | str | os.PathLike[str],
    options: Sequence[str],
    out: str | os.PathLike[str] | None,
    resume: bool,
    launcher: Sequence[str],
    verbose: bool,
    sets: Mapping[str, Any],
) -> Path:
    """`cohort run`; the folder that it wrote."""
    directory = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="cohort-"), "run")
    if directory.exists() and not resume:
        raise FileExistsError(f"{directory} exists: resume=True goes on with it")
    with _as_file(scenario) as file:
        command = [*launcher, find_program(), "run", str(file), "--out", str(directory), *options]
        if resume:
            command.append("--resume")
        command += _set_options(sets)
        # mpirun ends a job at SIGINT, and passes SIGUSR1 on, which the program takes alike.
        interruption = signal.SIGUSR1 if launcher else signal.SIGINT
        try:
            code, said = _wait_for(command, verbose, interruption)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_meaning(75, directory)) from None
    if code != 0:
        raise CohortError(said.strip() or _meaning(code, directory), code, directory)
    return directory


@contextmanager
def _as_file(scenario: Mapping[str, Any] | str | os.PathLike[str]) -> Iterator[Path]:
    """A scenario file, or a temporary one of its contents."""
    if not isinstance(scenario, Mapping):
        yield Path(scenario)
        return
    contents = dict(scenario)
    if isinstance(contents.get("data"), Mapping):
        contents["data"] = {"base": os.getcwd(), **contents["data"]}
    with tempfile.TemporaryDirectory(prefix="cohort-") as scratch:
        file = Path(scratch, "scenario.toml")
        file.write_text(to_toml(contents), "utf-8")
        yield file


def _set_options(sets: Mapping[str, Any]) -> list[str]:
    options: list[str] = []
    for name, value in sets.items():
        options += ["--set", f"{name.replace('__', '.')}={_value(value, name)}"]
    return options


def _wait_for(command: Sequence[str], verbose: bool, interruption: int) -> tuple[int, str]:
    """Exit status and standard error."""
    # Not in the terminal's group: the program would get an interruption twice, from the terminal
    # and from here, and leave at once.
    with tempfile.TemporaryFile() as errors, subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=None if verbose else subprocess.DEVNULL,
        stderr=errors, start_new_session=True,
    ) as process:
        interrupted = False
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                process.send_signal(interruption)  # a second one makes it leave at once
                interrupted = True
        if interrupted:
            raise KeyboardInterrupt
        errors.seek(0)
        return code, errors.read().decode("utf-8", "replace")


def _meaning(code: int, directory: Path | None) -> str:
    if code == 4:
        return f"diverged; see {directory}"
    if code == 75:
        return f"stopped: resume=True with out={str(directory)!r} goes on"
    return f"cohort ended with status {code}" if code > 0 else f"cohort ended by signal {-code}"


def _runs_below(directory: Path) -> list[Run]:
    """A folder that holds scenario.toml is a run; those of a folder `tuning` are not results."""
    found = sorted(file.parent for file in directory.rglob("scenario.toml"))
    return [Run(p) for p in found if "tuning" not in p.relative_to(directory).parts]


def _numbers(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}_")
        elif value is None:
            yield prefix + name, math.nan
        elif not isinstance(value, str):
            yield prefix + name, float(value)


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_toml(table: Mapping[str, Any]) -> str:
    """A dict as TOML 1.0: strings, numbers, booleans, paths, lists and dicts, also NumPy's scalars
    and arrays. Reading it back gives the same values. Raises TypeError or ValueError, naming the
    key, for what TOML cannot hold (None, integers of more than 64 bits)."""
    lines: list[str] = []
    _write_table(table, "", lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _write_table(table: Mapping[str, Any], path: str, lines: list[str]) -> None:
    """Values first: what follows a header belongs to its table."""
    inner = {k: v for k, v in table.items() if isinstance(v, Mapping)}
    for key, value in table.items():
        if key not in inner:
            lines.append(f"{_key(key)} = {_value(value, f'{path}{key}')}")
    for key, value in inner.items():
        name = f"{path}{_key(key)}"
        lines += ["", f"[{name}]"]
        _write_table(value, f"{name}.", lines)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{key!r}: a key of TOML is a string")
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    def escaped(c: str) -> str:
        return _ESCAPES.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 0x20 or ord(c) == 0x7F else c)

    return '"' + "".join(map(escaped, text)) + '"'


def _value(value: Any, name: str) -> str:
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{name}: {value} has more than 64 bits")
        return str(value)
    if isinstance(value, float):  # repr is the shortest text that reads back to the same bits
        text = repr(value)
        return text if not math.isfinite(value) or any(c in text for c in ".e") else text + ".0"
    if isinstance(value, (str, os.PathLike)):
        return _string(os.fspath(value))
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v, f'{name}.{k}')}"
                                for k, v in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(v, f"{name}[{i}]") for i, v in enumerate(value)) + "]"
    raise TypeError(f"{name}: TOML has no {type(value).__name__}")
