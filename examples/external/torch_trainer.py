"""A trainer in PyTorch: a network 64-32-10 that trains by its own optimizer, an epoch a round."""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
import cohort_external


class Trainer:
    def init(self, info):
        torch.set_num_threads(1)
        torch.manual_seed(info["seed"])
        self.net = nn.Sequential(
            nn.Linear(info["features"], 32), nn.ReLU(), nn.Linear(32, info["outputs"])
        )
        return self._get()

    def _get(self):
        return nn.utils.parameters_to_vector(self.net.parameters()).detach().numpy()

    def _set(self, w):
        nn.utils.vector_to_parameters(torch.tensor(w, dtype=torch.float32), self.net.parameters())

    @staticmethod
    def _rows(at):
        return torch.tensor(at.x, dtype=torch.float32), torch.tensor(at.y, dtype=torch.long)

    def fit(self, w, at):
        self._set(w)
        x, y = self._rows(at)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-2)
        total = 0.0
        for rows in np.array_split(at.rng().permutation(len(y)), max(1, len(y) // 32)):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return self._get(), total / len(y)

    def evaluate(self, w, at):
        self._set(w)
        x, y = self._rows(at)
        with torch.no_grad():
            scores = self.net(x)
            losses = nn.functional.cross_entropy(scores, y, reduction="none")
        return losses.numpy(), scores.numpy()


if __name__ == "__main__":
    cohort_external.serve(Trainer())
