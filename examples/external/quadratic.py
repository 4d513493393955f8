"""The smallest oracle: f_i(w) = 1/2 |w - b_i|^2, b_i drawn by client. Minimiser: the mean of b_i."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
import cohort_external


class Quadratic:
    def init(self, info):
        d = info["dimension"]
        self.b = [np.random.default_rng(i).normal(size=d) for i in range(info["clients"])]

    def value(self, w, at):
        e = w - self.b[at.client]
        return 0.5 * e @ e

    def gradient(self, w, at):
        e = w - self.b[at.client]
        return 0.5 * e @ e, e

    def hvp(self, w, v, at):
        return v


if __name__ == "__main__":
    cohort_external.serve(Quadratic())
