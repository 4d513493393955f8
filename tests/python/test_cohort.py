"""python/cohort.py against the program that COHORT_BINARY names."""

import csv
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))
import cohort  # noqa: E402

# Two classes, a model that starts at zero: the loss at the start is ln 2 whatever the rows are.
SCENARIO = {
    "name": "python",
    "data": {"name": "breast_cancer", "split": {"train": 0.8, "test": 0.2},
             "standardize": "global"},
    "model": {"type": "logistic"},
    "clients": {"count": 10, "cohort_size": 4},
    "method": {"type": "fedavg", "local_epochs": 1, "batch_size": 8,
               "local": {"optimizer": {"type": "sgd", "learning_rate": 0.1}}},
    "schedule": {"rounds": 4},
    "evaluation": {"every": 2, "on": ["test"], "metrics": ["loss", "accuracy"]},
    "run": {"seed": 1},
}
# What mpirun needs in a container of few cores.
MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
       "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none"}
# Few rounds that take long: an interruption that came twice would end the program within one.
LONG = {"schedule__rounds": 4, "method__local_epochs": 40000}


class InAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        os.environ["XDG_CACHE_HOME"] = str(Path(folder.name, "cache"))


class RunTest(InAFolder):
    def test_metrics_are_arrays_over_rounds(self):
        run = cohort.run(SCENARIO, out="run")
        m = run.metrics
        self.assertEqual(m["round"].tolist(), [0, 1, 2, 3, 4])
        self.assertEqual(m["cohort"].tolist(), [0, 4, 4, 4, 4])
        self.assertEqual(m["test_loss"].shape, (5,))
        self.assertAlmostEqual(m["test_loss"][0], math.log(2), places=12)
        self.assertTrue(np.isnan(m["test_loss"][[1, 3]]).all())
        with open("run/rounds.csv", newline="") as table:
            for i, row in enumerate(csv.DictReader(table)):
                self.assertEqual(m["bytes_up"][i], float(row["bytes_up"]))
                if row["test_accuracy"]:
                    self.assertEqual(m["test_accuracy"][i], float(row["test_accuracy"]))
        self.assertEqual(run.summary["final"]["test"]["loss"], m["test_loss"][4])
        self.assertEqual(run.scenario["clients"]["cohort_size"], 4)

    def test_the_model_has_the_features_of_the_data(self):
        model = cohort.run(SCENARIO, out="run").model
        self.assertEqual(model["weight"].size, 30)
        self.assertEqual(model["_mean"].shape, (30,))
        self.assertEqual(len(model["_labels"]), 2)

    def test_sets_replace_options_and_decide_the_bits(self):
        def model_hash(**sets):
            return cohort.run(SCENARIO, **sets).summary["model_hash"]

        first = model_hash()
        self.assertEqual(first, model_hash())
        self.assertEqual(first, model_hash(**{"run.threads": 1}))
        self.assertNotEqual(first, model_hash(run__seed=2))

    def test_a_dict_and_its_file_are_the_same_scenario(self):
        Path("scenario.toml").write_text(cohort.to_toml(SCENARIO), "utf-8")
        runs = cohort.run(SCENARIO, out="a"), cohort.run("scenario.toml", out="b")
        self.assertEqual(*(r.summary["scenario_hash"] for r in runs))

    def test_paths_in_a_dict_begin_at_the_current_folder(self):
        Path("rows.csv").write_text("x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
        data = {"train": "rows.csv", "label": "y", "split": {"train": 0.8, "test": 0.2}}
        run = cohort.run({**SCENARIO, "data": data})
        self.assertEqual(run.scenario["data"]["base"], os.getcwd())  # also for a replay elsewhere

    def test_an_existing_folder_is_left_alone_unless_it_is_gone_on_with(self):
        first = cohort.run(SCENARIO, out="run")
        with self.assertRaises(FileExistsError):
            cohort.run(SCENARIO, out="run")
        self.assertEqual(cohort.run(SCENARIO, out="run", resume=True), first)

    def test_ranks_give_the_same_bits(self):
        if not shutil.which("mpirun"):
            self.skipTest("no mpirun")
        alone = cohort.run(SCENARIO, out="alone")
        os.environ.update(MPI)
        pair = cohort.run(SCENARIO, out="pair", launcher=["mpirun", "-n", "2"])
        self.assertEqual(pair.summary["ranks"], 2)
        self.assertEqual(pair.summary["model_hash"], alone.summary["model_hash"])


class ErrorTest(InAFolder):
    def test_a_mistake_is_told_in_the_words_of_the_program(self):
        with self.assertRaises(cohort.CohortError) as caught:
            cohort.run(SCENARIO, out="run", schedule__round=3)
        self.assertEqual(caught.exception.code, 2)
        self.assertIn("rounds", str(caught.exception))
        self.assertFalse(Path("run").exists())

    def test_a_run_that_diverges_leaves_its_folder(self):
        with self.assertRaises(cohort.CohortError) as caught:
            cohort.run(SCENARIO, out="run",
                       method__local__optimizer__learning_rate=1e300)
        self.assertEqual(caught.exception.code, 4)
        self.assertEqual(cohort.Run(caught.exception.directory).summary["status"], "diverged")

    def test_a_stop_by_wall_time_can_be_gone_on_with(self):
        with self.assertRaises(cohort.CohortError) as caught:
            cohort.run(SCENARIO, out="run", schedule__stop={"wall_time": 1e-9})
        self.assertEqual(caught.exception.code, 75)

    def test_no_program(self):
        before = dict(os.environ)
        self.addCleanup(os.environ.update, before)
        os.environ["COHORT_BINARY"] = "/nowhere/cohort"
        with self.assertRaises(FileNotFoundError):
            cohort.run(SCENARIO)


class InterruptionTest(InAFolder):
    def interrupt(self, launcher):
        script = (f"import sys; sys.path.insert(0, {str(ROOT / 'python')!r})\n"
                  f"import cohort\n"
                  f"cohort.run({SCENARIO!r}, out='run', launcher={launcher!r}, **{LONG!r})\n")
        process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE,
                                   text=True, start_new_session=True)
        deadline = time.monotonic() + 60
        rounds = Path("run/metrics.jsonl")
        while not (rounds.exists() and rounds.stat().st_size):
            self.assertIsNone(process.poll(), "ended before it could be interrupted")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, said = process.communicate(timeout=60)
        self.assertIn("KeyboardInterrupt: stopped: resume=True with out='run' goes on", said)
        self.assertEqual(cohort.Run(Path("run")).summary["status"], "stopped")
        resumed = cohort.run(SCENARIO, out="run", resume=True, **LONG)
        whole = cohort.run(SCENARIO, out="whole", **LONG)
        self.assertEqual(resumed.metrics["round"].tolist(), [0, 1, 2, 3, 4])
        self.assertEqual(resumed.summary["model_hash"], whole.summary["model_hash"])

    def test_an_interrupted_run_goes_on_to_the_same_bits(self):
        self.interrupt([])

    def test_so_does_one_under_mpirun(self):
        if not shutil.which("mpirun"):
            self.skipTest("no mpirun")
        os.environ.update(MPI)
        self.interrupt(["mpirun", "-n", "2"])


class SweepTest(InAFolder):
    CASES = {**SCENARIO, "sweep": {"cases": [
        {"name": "mean", "aggregation": {"rule": "mean"}},
        {"name": "median", "aggregation": {"rule": "median"}}]}}

    def test_runs_by_the_names_of_their_folders(self):
        runs = cohort.sweep(self.CASES, out="out")
        self.assertEqual([r.scenario["aggregation"]["rule"]["type"] for r in runs],
                         ["mean", "median"])
        self.assertNotEqual(*(r.summary["model_hash"] for r in runs))

    def test_run_is_for_one(self):
        with self.assertRaisesRegex(ValueError, "2 runs"):
            cohort.run(self.CASES)


class TomlTest(unittest.TestCase):
    def test_reads_back_as_it_was(self):
        table = {
            "name": "quotes \" back\\slash \n \t \r \x00 \x1f \x7f ü 漢 '",
            "empty": "", "yes": True, "no": False, "least": -(2**63), "most": 2**63 - 1,
            "floats": [0.1, 1e300, 5e-324, 1e16, -0.0, 2.0, math.inf, -math.inf],
            "mixed": [1, 2.5, "x", [True, []], {"a b": 1, "c": {"d": [{}]}}],
            "table": {"dotted.key": 1, "": 2, "inner": {"deep": {"x": 1}}, "after": "x"},
            "nothing": {},
        }
        back = tomllib.loads(cohort.to_toml(table))
        self.assertEqual(back, table)
        self.assertEqual(math.copysign(1, back["floats"][4]), -1)
        self.assertIs(type(back["floats"][5]), float)
        self.assertTrue(math.isnan(tomllib.loads(cohort.to_toml({"x": math.nan}))["x"]))

    def test_values_of_numpy_and_paths(self):
        table = {"a": np.float64(0.5), "b": np.int32(3), "c": np.arange(3), "d": np.bool_(True),
                 "e": Path("x/y"), "f": (1, 2)}
        self.assertEqual(tomllib.loads(cohort.to_toml(table)),
                         {"a": 0.5, "b": 3, "c": [0, 1, 2], "d": True, "e": "x/y", "f": [1, 2]})

    def test_what_toml_cannot_hold_is_named(self):
        for value, error in ((None, TypeError), (2**63, ValueError), (object(), TypeError)):
            with self.assertRaisesRegex(error, r"a\.b\[1\]"):
                cohort.to_toml({"a": {"b": [0, value]}})
        with self.assertRaises(TypeError):
            cohort.to_toml({1: 2})


class DocumentTest(InAFolder):
    def test_the_example_of_the_documentation_runs(self):
        os.symlink(ROOT / "scenarios", "scenarios")
        text = (ROOT / "docs" / "python.md").read_text("utf-8")
        blocks = [part.split("```", 1)[0] for part in text.split("```python\n")[1:]]
        self.assertGreater(len(blocks), 0)
        names = {}
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)
        self.assertGreater(names["accuracy"][-1], 0.8)


class AggregateTest(unittest.TestCase):
    ROWS = np.array([[1.0, 2.0, -1.0], [2.0, 4.0, 0.5], [3.0, 0.0, 0.25], [1e9, -1e9, 1e9]])

    def test_rules_agree_with_numpy(self):
        np.testing.assert_array_equal(cohort.aggregate(self.ROWS, "median"),
                                      np.median(self.ROWS, axis=0))
        single = self.ROWS[:3].astype(np.float32)
        np.testing.assert_array_equal(cohort.aggregate(single, "median"), np.median(single, axis=0))
        weights = [1.0, 1.0, 1.25]
        np.testing.assert_allclose(cohort.aggregate(self.ROWS[:3], "mean"),
                                   self.ROWS[:3].mean(axis=0), rtol=1e-15)
        center = cohort.aggregate(self.ROWS[:3], "geometric_median", weights=weights)
        pull = self.ROWS[:3] - center
        pull *= (np.array(weights) / np.linalg.norm(pull, axis=1))[:, None]
        self.assertLess(np.linalg.norm(pull.sum(axis=0)), 1e-4)

    def test_options_and_row_maps_reach_the_rule(self):
        lower = cohort.aggregate(self.ROWS, "median", even="lower")
        np.testing.assert_array_equal(lower, np.sort(self.ROWS, axis=0)[1])
        clipped = cohort.aggregate(self.ROWS, "mean", pre=[{"type": "clip", "norm": 0.5}])
        self.assertLessEqual(np.linalg.norm(clipped), 0.5)
        five = np.vstack([self.ROWS, [2.0, 2.0, 0.0]])
        krum = cohort.aggregate(five, "krum", f=1)
        self.assertTrue((five[[0, 1, 2, 4]] == krum).all(axis=1).any())

    def test_rows_that_are_not_finite_are_told(self):
        rows = np.vstack([self.ROWS[:3], [np.nan, 0, 0]])
        with self.assertWarnsRegex(RuntimeWarning, "row 4 is not finite, dropped"):
            value = cohort.aggregate(rows, "median")
        np.testing.assert_array_equal(value, np.median(self.ROWS[:3], axis=0))

    def test_what_a_rule_cannot_take_is_an_error(self):
        with self.assertRaisesRegex(cohort.CohortError, "krum") as raised:
            cohort.aggregate(self.ROWS, "krum")
        self.assertEqual(raised.exception.code, 2)
        self.assertIsNone(raised.exception.directory)
        with self.assertRaisesRegex(cohort.CohortError, "geometric_median"):
            cohort.aggregate(self.ROWS, "geometric_medain")
        with self.assertRaisesRegex(ValueError, "1 dimension"):
            cohort.aggregate(self.ROWS[0], "mean")


class PartitionTest(InAFolder):
    def test_the_rows_of_clients_are_those_of_a_run(self):
        parts = cohort.partition(SCENARIO)
        self.assertEqual(parts["client"].shape, (569,))
        train, test = parts["set"] == 0, parts["set"] == 2
        self.assertEqual(set(parts["client"][train]), set(range(10)))
        self.assertEqual(set(parts["client"][test]), {-1})
        np.savez("parts.npz", **parts)
        data = {"name": "breast_cancer", "standardize": "global",
                "partition": {"type": "file", "file": "parts.npz"}}
        self.assertEqual(cohort.run(SCENARIO | {"data": data}).summary["model_hash"],
                         cohort.run(SCENARIO).summary["model_hash"])

    def test_options_replace_those_of_the_scenario(self):
        parts = cohort.partition(SCENARIO, clients__count=4, clients__cohort_size=4)
        self.assertEqual(parts["client"].max(), 3)

    def test_a_mistake_is_told_in_the_words_of_the_program(self):
        with self.assertRaisesRegex(cohort.CohortError, "brest_cancer") as raised:
            cohort.partition(SCENARIO, data__name="brest_cancer")
        self.assertEqual(raised.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
