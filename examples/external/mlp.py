"""A network 64-32-10 with ReLU in NumPy, an oracle on the rows of [data]. It is what

    [model]
    type = "neural"
    layers = ["dense 32 relu", "dense 10"]
    compute = "double"

computes in Cohort, parameters in the same order; tests/problems/external_python_test.cpp
holds the two together.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
import cohort_external

HIDDEN = 32


class Mlp:
    def init(self, info):
        inputs, outputs = info["features"], info["outputs"]
        self.shapes = [(HIDDEN, inputs), (HIDDEN,), (outputs, HIDDEN), (outputs,)]
        # He: weights N(0, 2/inputs), biases 0.
        rng = np.random.default_rng(info["seed"])
        return np.concatenate([
            rng.normal(0, np.sqrt(2 / s[1]), s).ravel() if len(s) == 2 else np.zeros(s)
            for s in self.shapes
        ])

    def _split(self, w):
        ends = np.cumsum([np.prod(s) for s in self.shapes])[:-1]
        return [part.reshape(s) for part, s in zip(np.split(w, ends), self.shapes)]

    def _forward(self, w, x):
        w1, b1, w2, b2 = self._split(w)
        h = np.maximum(x @ w1.T + b1, 0)
        z = h @ w2.T + b2
        z = z - z.max(1, keepdims=True)
        return h, z, z - np.log(np.exp(z).sum(1, keepdims=True))

    @staticmethod
    def _losses(logp, y):
        return -logp[np.arange(len(y)), y.astype(int)]

    def predict(self, w, at):
        _, z, logp = self._forward(w, at.x)
        return self._losses(logp, at.y), z

    def value(self, w, at):
        return self.predict(w, at)[0].mean()

    def gradient(self, w, at):
        h, _, logp = self._forward(w, at.x)
        losses = self._losses(logp, at.y)
        weights = np.ones(len(at.y)) if at.weights is None else at.weights
        delta = np.exp(logp)
        delta[np.arange(len(at.y)), at.y.astype(int)] -= 1
        delta *= weights[:, None] / len(at.y)
        back = (delta @ self._split(w)[2]) * (h > 0)
        parts = [back.T @ at.x, back.sum(0), delta.T @ h, delta.sum(0)]
        return (weights * losses).mean(), np.concatenate([p.ravel() for p in parts])


if __name__ == "__main__":
    cohort_external.serve(Mlp())
