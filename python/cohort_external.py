"""Answers Cohort's questions from Python: an oracle, a trainer or an aggregation rule of one's own.

    import cohort_external

    class Quadratic:
        def init(self, info):          # optional; where runs start, zeros without it
            return np.ones(info["dimension"])
        def value(self, w, at):
            return 0.5 * w @ w
        def gradient(self, w, at):
            return self.value(w, at), w

    cohort_external.serve(Quadratic())

Methods of the object that is served, of those that its role needs (``at`` is a ``Question``):

    oracle      value(w, at) -> number, losses(w, at) -> [rows], gradient(w, at) -> number, [d],
                hvp(w, v, at) -> [d], predict(w, at) -> losses [rows], scores [rows, outputs]
    trainer     fit(w, at) -> w [d], mean training loss
                evaluate(w, at) -> losses [rows]; with ``predicts``, losses [rows], scores
    aggregator  aggregate(rows [n, d], at) -> [d]

Arrays that a method is given are read-only and hold until it returns. What a program prints goes to
standard error; standard output belongs to Cohort. An exception is told to Cohort, which ends the
run and shows it, and raised again here; a program at a socket shows it and goes on listening.

The same question must get the same answer: draw from ``at.rng()`` only.

This module needs NumPy, and nothing of Cohort.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import struct
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Question", "serve"]

_MAGIC = b"CXP1"
_PAD = bytes(8)
_PATIENCE = 5.0  # seconds that a run waits for the one before it to go


@dataclass
class Question:
    """What a question is about.

    client: whose function; source: "client", "validation", "test" or "client_test".
    x [rows, features], y [rows]: the rows of a [model], None for a [problem]. y are class numbers
        0, 1, ... or values.
    weights [rows]: one a row, or None; the value is then sum(weights * losses) / rows.
    info: what ``init`` was given. seed: of a trainer's draws.
    f, clients: of an aggregator: rows that may be Byzantine, whose rows they are.
    """

    client: int = 0
    source: str = "client"
    x: np.ndarray | None = None
    y: np.ndarray | None = None
    weights: np.ndarray | None = None
    seed: int = 0
    f: int = 0
    clients: list[int] = field(default_factory=list)
    info: dict[str, Any] = field(default_factory=dict)

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


class _Stream:
    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._in, self._out = read_fd, write_fd
        self._block = bytearray()

    def _fill(self, view: memoryview) -> bool:
        done = 0
        while done < len(view):
            n = os.readv(self._in, [view[done:]])
            if n == 0:
                if done == 0:
                    return False
                raise EOFError(f"the stream ended after {done} of {len(view)} bytes")
            done += n
        return True

    def read(self) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        prefix = bytearray(8)
        if not self._fill(memoryview(prefix)):
            return None
        if prefix[:4] != _MAGIC:
            raise ValueError(f"expected a message, which begins with {_MAGIC!r}, found {prefix!r}")
        text = bytearray(struct.unpack("<I", prefix[4:])[0])
        self._fill(memoryview(text))
        header = json.loads(text)
        places, size = [], 0
        for name, kind, shape in header["arrays"]:
            dtype = np.dtype(kind)
            count = int(np.prod(shape, dtype=np.int64))
            places.append((name, dtype, shape, count, size))
            size += -(-count * dtype.itemsize // 8) * 8
        # Rows are kept; everything else is read over what was read before.
        if header["op"] == "rows":
            block = bytearray(size)
        else:
            if len(self._block) < size:
                self._block = bytearray(size)
            block = self._block
        self._fill(memoryview(block)[:size])
        arrays = {}
        for name, dtype, shape, count, offset in places:
            array = np.frombuffer(block, dtype, count, offset).reshape(shape)
            array.flags.writeable = False
            arrays[name] = array
        return header, arrays

    def write(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        header["arrays"] = [[n, a.dtype.str, list(a.shape)] for n, a in arrays.items()]
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        parts = [_MAGIC + struct.pack("<I", len(text)) + text]
        for a in arrays.values():
            parts.append(memoryview(a.reshape(-1)).cast("B"))
            if a.nbytes % 8:
                parts.append(_PAD[: -a.nbytes % 8])
        while parts:
            written = os.writev(self._out, parts)
            while parts and written >= len(parts[0]):
                written -= len(parts.pop(0))
            if parts:
                parts[0] = memoryview(parts[0])[written:]


def _array(value: Any) -> np.ndarray:
    return np.ascontiguousarray(value, "<f8")


def _scalar(value: Any) -> np.ndarray:
    return np.array([value], "<f8")


class _Turns:
    """What the connections to one object share: one question at a time, of one run."""

    def __init__(self) -> None:
        self.turn = threading.Condition()
        self.servers: set[_Server] = set()

    def begin(self, info: dict[str, Any]) -> None:
        def others() -> list[dict[str, Any]]:
            return [s.info for s in self.servers if s.info and s.info != info]

        # A run that has just ended may not have been noticed yet.
        if not self.turn.wait_for(lambda: not others(), timeout=_PATIENCE):
            raise RuntimeError(f"it is still asked by another run, with {others()[0]}")


class _Server:
    def __init__(self, served: Any, stream: _Stream, turns: _Turns | None = None) -> None:
        self._served, self._stream = served, stream
        self._turns = turns or _Turns()
        self.info: dict[str, Any] = {}
        self._rows: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}

    def run(self) -> None:
        while (message := self._stream.read()) is not None:
            header, arrays = message
            if header["op"] == "rows":
                self._rows[header["source"], header["client"]] = arrays["x"], arrays["y"]
                continue
            # The answer may be an array that the object uses again: it is sent within the turn.
            with self._turns.turn:
                try:
                    answer = self._answer(header, arrays)
                except Exception as error:
                    self._stream.write(
                        {"id": header["id"], "error": f"{type(error).__name__}: {error}"}, {})
                    raise
                self._stream.write({"id": header["id"]}, answer)

    def _method(self, name: str) -> Any:
        method = getattr(self._served, name, None)
        if method is None:
            raise NotImplementedError(f"{type(self._served).__name__} has no {name}")
        return method

    def _question(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Question:
        at = Question(client=header.get("client", 0), info=self.info, seed=header.get("seed", 0),
                      weights=arrays.get("weights"), f=header.get("f", 0),
                      clients=header.get("clients", []))
        if "source" in header:
            at.source = header["source"]
            x, y = self._rows[at.source, at.client]
            first, last = header["first"], header["first"] + header["count"]
            at.x, at.y = x[first:last], y[first:last]
            if "picks" in arrays:
                at.x, at.y = at.x[arrays["picks"]], at.y[arrays["picks"]]
        return at

    def _answer(self, header: dict[str, Any],
                arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        op = header["op"]
        if op == "init":
            info = {k: v for k, v in header.items() if k not in ("op", "id", "arrays")}
            self._turns.begin(info)
            self.info = info
            init = getattr(self._served, "init", None)
            start = init(info) if init is not None else None
            return {"start": np.zeros(header["dimension"]) if start is None else _array(start)}
        at = self._question(header, arrays)
        if op == "aggregate":
            return {"aggregate": _array(self._method("aggregate")(arrays["rows"], at))}
        w = arrays["w"]
        if op == "value":
            return {"value": _scalar(self._method("value")(w, at))}
        if op == "gradient":
            value, gradient = self._method("gradient")(w, at)
            return {"value": _scalar(value), "gradient": _array(gradient)}
        if op == "losses":
            return {"losses": _array(self._method("losses")(w, at))}
        if op == "hvp":
            return {"hvp": _array(self._method("hvp")(w, arrays["v"], at))}
        if op == "fit":
            trained, loss = self._method("fit")(w, at)
            return {"w": _array(trained), "loss": _scalar(loss)}
        if op in ("predict", "evaluate"):
            answer = self._method(op)(w, at)
            if not isinstance(answer, tuple):
                return {"losses": _array(answer)}
            return {"losses": _array(answer[0]), "scores": _array(answer[1])}
        raise ValueError(f"expected a question, found {op!r}")


def _leave_signals_to_cohort() -> None:
    # Ctrl-C and batch systems signal the whole group. Cohort then finishes its round, for which it
    # needs answers, and closes the input of this program, which ends it.
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, signal.SIG_IGN)


def _serve_connection(served: Any, connection: socket.socket, turns: _Turns) -> None:
    with connection:
        fd = connection.fileno()
        server = _Server(served, _Stream(fd, fd), turns)
        with turns.turn:
            turns.servers.add(server)
        try:
            server.run()
        except (ConnectionError, EOFError) as error:
            print(f"a connection ended: {error}", file=sys.stderr, flush=True)
        finally:
            with turns.turn:
                turns.servers.remove(server)
                turns.turn.notify_all()


def serve(served: Any, address: str | None = None) -> None:
    """Answers until the other end closes.

    Without ``address`` Cohort has started this program, and the stream is its standard input and
    output; SIGINT, SIGTERM and SIGUSR1 are then Cohort's to answer, unless this program has
    handlers of its own. With the path of a Unix socket this listens there until it is interrupted.
    Several ranks, or ``processes``, of one run may connect: their questions are answered one at a
    time. Another run is refused until they have gone.
    """
    if address is None:
        _leave_signals_to_cohort()
        read_fd, write_fd = os.dup(0), os.dup(1)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        _Server(served, _Stream(read_fd, write_fd)).run()
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        if os.path.exists(address) and stat.S_ISSOCK(os.stat(address).st_mode):
            os.unlink(address)  # of a program that is gone
        listening.bind(address)
        os.chmod(address, 0o600)
        listening.listen()
        print(f"listening at {address}", file=sys.stderr, flush=True)
        turns = _Turns()
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_serve_connection, args=(served, connection, turns),
                             daemon=True).start()
