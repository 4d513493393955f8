// Models on their own: the file, prediction, a start from it, replays, and NumPy beside them.

#include "core/file.hpp"
#include "problems/data/npz.hpp"
#include "scenarios/model_file.hpp"
#include "tests/scenarios/model_runs.hpp"
#include "tests/scenarios/python.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Predict, TakesColumnsByName) {
  const Folder folder;
  const std::string model = named_model(folder);
  const auto predict = [&](const std::string& name, const std::string& text) {
    return tell({"predict", "--model", model, "--data", write(folder, name, text).string()});
  };
  const Told plain = predict("a.csv", "age,dose\n30,0.5\n61.5,2.75\n");
  ASSERT_EQ(plain.status, 0) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("row,predicted,p_0,p_1\n1,"));
  EXPECT_EQ(predict("b.csv", "dose,age\n0.5,30\n2.75,61.5\n").out, plain.out);
  EXPECT_EQ(predict("c.csv", "dose,ill,age\n0.5,7,30\n2.75,7,61.5\n").out, plain.out);
  // A block of rows is a block of rows: nothing depends on how many there are.
  std::string many = "age,dose\n";
  for (int i = 0; i < 40000; ++i) many += "30,0.5\n61.5,2.75\n";
  const std::string out = predict("d.csv", many).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 80001);
  EXPECT_THAT(out, HasSubstr("\n80000," + plain.out.substr(plain.out.find("\n2,") + 3)));
}

TEST(Predict, NamesColumnsThatDoNotFit) {
  const Folder folder;
  const std::string model = named_model(folder);
  const auto mistake = [&](const std::string& text) {
    const Told told =
        tell({"predict", "--model", model, "--data", write(folder, "x.csv", text).string()});
    EXPECT_EQ(told.status, 2);
    EXPECT_EQ(told.out, "");
    return told.err;
  };
  EXPECT_THAT(mistake("age\n30\n"),
              HasSubstr("x.csv: expected the 2 columns of the model; missing: dose"));
  EXPECT_THAT(mistake("age,dose,weight\n30,1,2\n"), HasSubstr("; unknown: weight"));
  EXPECT_THAT(mistake("age,dose,age\n30,1,2\n"), HasSubstr("; twice: age"));
  EXPECT_THAT(mistake("Age,dose\n30,1\n"), HasSubstr("; missing: age; unknown: Age"));
  EXPECT_THAT(mistake("30,1\n"),
              HasSubstr("expected a header with the columns of the model, age, dose"));
  EXPECT_THAT(mistake("age,dose\n30,x\n"), HasSubstr("x.csv:2:4: expected a finite number"));
}

TEST(Predict, GoesByPlaceWhereTheModelHasNoNames) {
  const Folder folder;
  std::string text = named_rows;
  write(folder, "plain.csv", text.substr(text.find('\n') + 1));
  const std::string model =
      run_of(folder,
             scenario("train = \"plain.csv\"\nsplit = { test = 0.25 }", "type = \"logistic\"")) +
      "/model.npz";
  const auto predict = [&](const std::string& rows) {
    return tell({"predict", "--model", model, "--data", write(folder, "x.csv", rows).string()});
  };
  const Told plain = predict("30,0.5\n");
  ASSERT_EQ(plain.status, 0) << plain.err;
  EXPECT_EQ(predict("30,0.5,1\n").out, plain.out);
  EXPECT_EQ(predict("30\n").status, 2);
  EXPECT_THAT(predict("30,0.5,1,1\n").err,
              HasSubstr("expected 2 columns, or 3 with the label, found 4"));
}

TEST(Predict, WritesAFileOnceItIsWhole) {
  const Folder folder;
  const std::string model = named_model(folder);
  const std::string good = write(folder, "a.csv", "age,dose\n30,0.5\n").string();
  const std::string bad = write(folder, "b.csv", "age,dose\n30,0.5\n30,?\n").string();
  const std::string out = (folder / "p.csv").string();
  EXPECT_EQ(tell({"predict", "--model", model, "--data", bad, "--out", out}).status, 2);
  EXPECT_FALSE(fs::exists(out));
  const Told told = tell({"predict", "--model", model, "--data", good, "--out", out});
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(text_of(out), tell({"predict", "--model", model, "--data", good}).out);
}

TEST(ModelFile, ThePointOfAProblemPredictsNothing) {
  const Folder folder;
  const std::string run = run_of(
      folder,
      "[problem]\ntype = \"quadratic\"\ndimension = 3\n[clients]\ncount = 2\n[method]\ntype = "
      "\"fedsgd\"\n[schedule]\nrounds = 2\n");
  const Told told = tell({"predict", "--model", run + "/model.npz", "--data", "x.csv"});
  EXPECT_EQ(told.status, 2);
  EXPECT_THAT(told.err, HasSubstr("found the point of a [problem]"));
}

TEST(ModelFile, ReadsBackAndRefusesWhatIsNotOne) {
  const Folder folder;
  const std::string path = named_model(folder);
  const auto model = read_model(path);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->section, "model");
  EXPECT_THAT(model->rows->names, ElementsAre("age", "dose"));
  EXPECT_EQ(model->rows->label, "ill");
  ASSERT_TRUE(write_model(folder / "again.npz", *model));
  EXPECT_EQ(*read_file(folder / "again.npz"), *read_file(path));

  ASSERT_TRUE(write_npz(folder / "plain.npz", {{"weight", {1, 1}, std::vector<double>{1}}}));
  EXPECT_THAT(read_model(folder / "plain.npz").error().message,
              HasSubstr("expected an array _cohort"));
  Layout layout;
  layout.append("weight", 1, 3, SegmentKind::weight);
  layout.append("bias", 1, 1, SegmentKind::bias);
  EXPECT_THAT(point_of(*model, layout, "m").error().message,
              HasSubstr("m: expected 'weight' of shape [1 x 3], found [1 x 2]"));
}

TEST(Init, ARunGoesOnWhereAnotherEnded) {
  const Folder folder;
  const std::string data =
      "name = \"breast_cancer\"\nsplit = { test = 0.4 }\nstandardize = \"global\"";
  const std::string first = run_of(folder, scenario(data, "type = \"logistic\""), "first");
  const std::string second =
      run_of(folder, scenario(data, "type = \"logistic\"\ninit = \"first/model.npz\""), "second");

  EXPECT_EQ(rounds_of(second).front()["test"], rounds_of(first).back()["test"]);
  // Its effective scenario holds the checksum, so a replay starts from the same bytes.
  EXPECT_THAT(text_of(second + "/scenario.toml"), HasSubstr("init_checksum = \""));
  const Told verified = tell({"verify", second});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  fs::copy_file(first + "/model_best.npz", first + "/model.npz",
                fs::copy_options::overwrite_existing);
  std::ofstream(first + "/model.npz", std::ios::app) << 'x';
  const Told changed = tell({"verify", second});
  EXPECT_EQ(changed.status, 2);
  EXPECT_THAT(changed.err, HasSubstr("model.init_checksum: expected"));
}

TEST(Init, NamesWhatDoesNotFit) {
  const Folder folder;
  const std::string data =
      "name = \"breast_cancer\"\nsplit = {{ test = 0.4 }}\nstandardize = \"{}\"";
  run_of(folder, scenario(fmt::format(fmt::runtime(data), "global"), "type = \"logistic\""),
         "first");
  const auto mistake = [&](const std::string& body, const std::string& model) {
    const std::string file = write(folder, "x.toml", scenario(body, model)).string();
    const Told told = tell({"run", file, "--out", (folder / "x").string()});
    EXPECT_EQ(told.status, 2);
    return told.err;
  };
  const std::string from = "\ninit = \"first/model.npz\"";
  EXPECT_THAT(mistake(fmt::format(fmt::runtime(data), "none"), "type = \"logistic\"" + from),
              HasSubstr("expected a model of rows without mean"));
  EXPECT_THAT(mistake(fmt::format(fmt::runtime(data), "global") + "\nseed = 9",
                      "type = \"logistic\"" + from),
              HasSubstr("expected the mean "));
  EXPECT_THAT(mistake(fmt::format(fmt::runtime(data), "global"), "type = \"softmax\"" + from),
              HasSubstr("expected 'weight' of shape [2 x 30], found [1 x 30]"));
  EXPECT_THAT(mistake("name = \"digits\"\nsplit = { test = 0.4 }", "type = \"softmax\"" + from),
              HasSubstr("expected 64 features, found 30"));
  EXPECT_THAT(mistake(fmt::format(fmt::runtime(data), "global"),
                      "type = \"logistic\"\ninit = \"none.npz\""),
              HasSubstr("model.init: none.npz: no such file"));
}

/// A rate so large that the loss does not fall all the time.
std::string restless(int rounds) {
  std::string text = scenario("name = \"digits\"\nsplit = { validation = 0.2, test = 0.2 }",
                              "type = \"softmax\"", rounds);
  text.replace(text.find("0.02"), 4, "0.5");
  return text.replace(text.find("on = [\"test\"]"), 13,
                      "on = [\"test\", \"validation\"]\nmetrics = [\"accuracy\", \"loss\"]");
}

TEST(BestModel, IsThatOfTheBestRoundOnValidation) {
  const Folder folder;
  const std::string run = run_of(folder, restless(12), "long");
  const json best = summary_of(run)["best"]["validation"]["accuracy"];
  const int round = best["round"];
  ASSERT_LT(round, 12) << "the last round is the best: this tests nothing";
  ASSERT_GT(round, 0);
  const std::string stopped = run_of(folder, restless(round), "short");
  EXPECT_EQ(read_model(run + "/model_best.npz")->blocks,
            read_model(stopped + "/model.npz")->blocks);
}

TEST(BestModel, IsTheSameAfterAResume) {
  const Folder folder;
  const std::string text = restless(12) + "[run]\ncheckpoint = { every_rounds = 2, keep = 6 }\n";
  const std::string whole = run_of(folder, text, "whole");
  const int round = summary_of(whole)["best"]["validation"]["accuracy"]["round"];
  const std::string cut = run_of(folder, text, "cut");
  // As if it had been killed after a round: no summary, the checkpoints before it, and a model of
  // a better round that the checkpoint does not know of.
  fs::remove(cut + "/summary.json");
  int last = 0;
  for (const auto& entry : fs::directory_iterator(cut + "/checkpoints")) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("manifest")) continue;
    const int at = std::stoi(name.substr(name.find_first_of("0123456789")));
    if (at >= round) {
      fs::remove(entry.path());
    } else {
      last = std::max(last, at);
    }
  }
  ASSERT_GT(last, 0);
  std::ofstream(cut + "/model_best.npz") << "what was there";
  const Told told = tell({"run", (folder / "cut.toml").string(), "--out", cut, "--resume"});
  ASSERT_EQ(told.status, 0) << told.err;
  EXPECT_EQ(*read_file(cut + "/model_best.npz"), *read_file(whole + "/model_best.npz"));
  EXPECT_EQ(*read_file(cut + "/model.npz"), *read_file(whole + "/model.npz"));
}

TEST(Verify, ReplaysTheFirstRounds) {
  const Folder folder;
  const std::string run = run_of(
      folder, scenario("name = \"digits\"\nsplit = { test = 0.2 }", "type = \"softmax\"", 8) +
                  "every = 4\n");
  const Told good = tell({"verify", run, "--rounds", "3"});
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("equal: the first 3 rounds, state_hash " +
                                  rounds_of(run)[3]["state_hash"].get<std::string>()));

  std::string text = text_of(run + "/metrics.jsonl");
  const std::string hash = rounds_of(run)[2]["state_hash"];
  text.replace(text.find(hash), 1, hash.front() == '0' ? "1" : "0");
  std::ofstream(run + "/metrics.jsonl") << text;
  EXPECT_EQ(tell({"verify", run, "--rounds", "1"}).status, 0);
  const Told bad = tell({"verify", run, "--rounds", "3"});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.out, HasSubstr("differ first in round 2: state_hash"));
}

TEST(Verify, TakesSomePointsOfAFolderOfRuns) {
  const Folder folder;
  fs::create_directory(folder / "sweep");
  for (const std::string seed : {"1", "2", "3", "4"}) {
    run_of(folder,
           scenario("name = \"digits\"\nsplit = { test = 0.2 }", "type = \"softmax\"", 1) +
               "[run]\nseed = " + seed,
           "sweep/" + seed);
  }
  const Told all = tell({"verify", (folder / "sweep").string()});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 4);
  const Told some = tell({"verify", (folder / "sweep").string(), "--points", "2"});
  EXPECT_EQ(some.status, 0) << some.err;
  EXPECT_THAT(some.out, HasSubstr("sweep/1: equal"));
  EXPECT_THAT(some.out, HasSubstr("sweep/3: equal"));
  EXPECT_EQ(tell({"verify", (folder / "none").string()}).status, 2);
}

TEST(Numpy, PredictsInThreeLines) {
  const std::string python = python_with_numpy();
  if (python.empty()) GTEST_SKIP() << no_numpy;
  const Folder folder;
  const std::string model = named_model(folder);
  const std::string file = write(folder, "x.csv", "age,dose\n30,0.5\n61.5,2.75\n").string();
  const Told here = tell({"predict", "--model", model, "--data", file});
  // As in docs/models.md.
  const std::string command =
      "cd '" + folder.path().string() + "' && " + python +
      " -c \"\n"
      "import numpy as np, sys\n"
      "x = np.array([[30, 0.5], [61.5, 2.75]])\n"
      "m = np.load('run/model.npz')\n"
      "z = (x - m['_mean']) / m['_scale'] @ m['weight'].T + m['bias'].T\n"
      "labels = m['_labels'][(z[:, 0] >= 0).astype(int)]\n"
      "p = 1 / (1 + np.exp(-z[:, 0]))\n"
      "theirs = [line.split(',') for line in sys.argv[1].split()[1:]]\n"
      "assert [float(t[1]) for t in theirs] == list(labels)\n"
      "assert np.allclose([float(t[3]) for t in theirs], p, rtol=1e-14)\n"
      "import tomllib\n"
      "about = tomllib.loads(m['_cohort'].tobytes().decode())\n"
      "assert about['data']['names'] == ['age', 'dose'] and about['model']['type'] == 'logistic'\n"
      "\" '" +
      here.out + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(Numpy, FollowsTheFirstRoundsOfFedAvg) {
  const std::string python = python_with_numpy();
  if (python.empty()) GTEST_SKIP() << no_numpy;
  const Folder folder;
  const std::string source = COHORT_SOURCE_DIR, out = (folder / "run").string();
  const Told told = tell({"run", source + "/examples/plain_numpy.toml", "--out", out});
  ASSERT_EQ(told.status, 0) << told.err;
  EXPECT_EQ(std::system((python + " " + source + "/examples/plain_numpy.py " + out).c_str()), 0);
}

}  // namespace
}  // namespace cohort
