"""An aggregation rule: the middle of each coordinate's range, without its f lowest and f highest."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
import cohort_external


class TrimmedRange:
    def aggregate(self, rows, at):
        ordered = np.sort(rows, axis=0)
        return 0.5 * (ordered[at.f] + ordered[len(rows) - 1 - at.f])


if __name__ == "__main__":
    cohort_external.serve(TrimmedRange())
