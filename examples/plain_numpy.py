"""FedAvg in plain NumPy, held against a run of examples/plain_numpy.toml.

    python3 examples/plain_numpy.py RUN

Prints the largest difference of losses and of weights, and fails above 1e-12.
"""
import json
import pathlib
import sys

import numpy as np

run = pathlib.Path(sys.argv[1])
data = pathlib.Path(__file__).parent.parent / "problems/data/shipped/breast_cancer.csv"
rounds, local_steps, eta, l2 = 10, 5, 0.5, 1e-3

table = np.loadtxt(data, delimiter=",", skiprows=1)
a, y = table[:, :-1], 2 * table[:, -1] - 1
a = (a - a.mean(axis=0)) / a.std(axis=0)
n, d = a.shape


def loss(w, b):
    return np.log1p(np.exp(-y * (a @ w + b))).mean()


w, b = np.zeros(d), 0.0
losses = [loss(w, b)]
for _ in range(rounds):
    W, B = np.tile(w, (n, 1)), np.full(n, b)  # every client starts from the model
    for _ in range(local_steps):  # on its one row: log(1 + exp(-y z)) + l2/2 |w|^2
        slope = -y / (1 + np.exp(y * ((W * a).sum(axis=1) + B)))
        W, B = W - eta * (slope[:, None] * a + l2 * W), B - eta * slope
    w, b = W.mean(axis=0), B.mean()  # the server averages
    losses.append(loss(w, b))

model = np.load(run / "model.npz")
lines = [json.loads(line) for line in open(run / "metrics.jsonl")]
of_losses = max(abs(line["train"]["loss"] - mine) for line, mine in zip(lines, losses, strict=True))
of_weights = max(np.abs(model["weight"][0] - w).max(), abs(model["bias"][0, 0] - b))
print(f"{rounds} rounds: losses differ by {of_losses:.1e}, weights by {of_weights:.1e}")
sys.exit(int(max(of_losses, of_weights) > 1e-12))
