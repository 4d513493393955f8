// cohort data: what is there, what a file holds, what is fetched, and what a partition is like.

#include <cstdio>
#include <cstdlib>

#include "scenarios/download.hpp"
#include "tests/problems/data_files.hpp"
#include "tests/scenarios/model_runs.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

TEST(DataList, NamesStateAndSourceOfEverySet) {
  const Told told = tell({"data", "list"});
  EXPECT_EQ(told.status, 0) << told.err;
  for (const BuiltinData& data : builtin_data()) {
    EXPECT_THAT(told.out, HasSubstr(std::string(data.name)));
    EXPECT_THAT(told.out, HasSubstr(std::string(data.origin)));
  }
  EXPECT_THAT(told.out, Not(HasSubstr("missing")));
}

TEST(DataCommand, BadCommandLinesGetTheNearestName) {
  EXPECT_EQ(tell({"data"}).status, 2);
  EXPECT_THAT(tell({"data", "lst"}).err,
              HasSubstr("unknown command 'lst' in cohort data; did you mean 'list'?"));
  EXPECT_THAT(tell({"data", "partition", "f.toml", "--ot", "p.npz"}).err,
              HasSubstr("unknown option '--ot' in cohort data partition; did you mean '--out'?"));
  EXPECT_THAT(tell({"data", "get", "digts"}).err, HasSubstr("found 'digts'"));
}

TEST(DataCheck, TellsRowsFeaturesLabelsAndWhereAFileIsWrong) {
  const Folder folder;
  write(folder, "good.csv", "a,b,y\n1,5,0\n2,5,1\n3,5,1\n");
  const Told good = tell({"data", "check", (folder / "good.csv").string()});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("rows      3\nfeatures  2, dense\n"));
  EXPECT_THAT(good.out, HasSubstr("       1  2 rows\n"));
  EXPECT_THAT(good.out, HasSubstr("constant  1 features\n"));
  write(folder, "bad.csv", "a,b,y\n1,5,0\n2,x,1\n");
  const Told bad = tell({"data", "check", (folder / "bad.csv").string()});
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.csv:3:3: expected a finite number, found 'x'"));
  write(folder, "values.libsvm", "0.5 1:1\n2.25 4:1\n");
  const Told values = tell({"data", "check", (folder / "values.libsvm").string()});
  EXPECT_THAT(values.out, HasSubstr("features  4, 2 values stored (25 %)"));
  EXPECT_THAT(values.out, HasSubstr("labels    2 values from 0.5 to 2.25\n"));
}

/// A scenario on two clients by site.
std::string by_site(const Folder& folder, const std::string& partition) {
  write(folder, "sites.csv", "site,x,y\nA,1,0\nA,2,0\nA,3,1\nB,4,1\n");
  return write(folder, "sites.toml",
               "name = \"sites\"\n[data]\ntrain = \"sites.csv\"\npartition = " + partition +
                   "\n[model]\ntype = \"logistic\"\n[clients]\ncount = 2\n[method]\ntype = "
                   "\"fedsgd\"\n[schedule]\nrounds = 1\n")
      .string();
}

TEST(DataPartition, TellsWhatASplitByHandIsLike) {
  const Folder folder;
  const std::string file = by_site(folder, "{ type = \"by_column\", column = \"site\" }");
  const std::string svg = (folder / "parts.svg").string();
  const Told told = tell({"data", "partition", file, "--svg", svg});
  ASSERT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("4: 1 to 3 a client"));
  // Shares of class 0: 2/3 and 0, of all 1/2: distances 1/6 and 1/2.
  EXPECT_THAT(told.out, HasSubstr("mean over clients   0.3333\n"));
  // At w = 0 the slope of a row is ±½ (x, 1), minus for class 1: the means of the clients are
  // (0, 1/6) and (−2, −1/2), of all (−1/2, 0). ζ² = ¾ (1/4 + 1/36) + ¼ (9/4 + 1/4) = 5/6.
  EXPECT_THAT(told.out, HasSubstr("0.8333, 3.333 of the squared gradient"));
  EXPECT_THAT(text_of(svg), HasSubstr("<svg"));
  EXPECT_THAT(text_of(svg), HasSubstr("label"));
}

TEST(DataPartition, WhatItWritesGivesTheSameModel) {
  const Folder folder;
  const std::string common = "name = \"digits\"\nseed = 3\nstandardize = \"global\"\n";
  const std::string split = "split = { test = 0.2, validation = 0.1 }\n";
  const std::string model = "type = \"softmax\"";
  const std::string dirichlet =
      scenario(common + split + "partition = { type = \"dirichlet\", alpha = 0.3 }", model);
  const std::string first = run_of(folder, dirichlet, "first");
  const std::string parts = (folder / "parts.npz").string();
  const Told told = tell({"data", "partition", (folder / "first.toml").string(), "--out", parts});
  ASSERT_EQ(told.status, 0) << told.err;
  const std::string from_file = common + "partition = { type = \"file\", file = \"parts.npz\" }";
  const std::string second = run_of(folder, scenario(from_file, model), "second");
  EXPECT_EQ(summary_of(first)["model_hash"], summary_of(second)["model_hash"]);
  EXPECT_EQ(summary_of(first)["final"], summary_of(second)["final"]);
  // What a run directory holds is read again.
  const Told verified = tell({"verify", second});
  EXPECT_EQ(verified.status, 0) << verified.err;
  const std::string both = scenario(from_file + "\n" + split, model);
  EXPECT_THAT(tell({"run", write(folder, "both.toml", both).string()}).err,
              HasSubstr("is what data.partition.file says"));
}

/// python3 -m http.server on a folder, at a port that the system picks.
class Server {
 public:
  explicit Server(const fs::path& folder) {
    const std::string command = "cd '" + folder.string() +
                                "' && echo $$ && exec python3 -u -m http.server 0 --bind 127.0.0.1 "
                                "2>/dev/null";
    pipe_ = ::popen(command.c_str(), "r");
    char line[256];
    if (std::fgets(line, sizeof line, pipe_) != nullptr) pid_ = std::atoi(line);
    // "Serving HTTP on 127.0.0.1 port 40001 (http://127.0.0.1:40001/) ..."
    if (std::fgets(line, sizeof line, pipe_) == nullptr) return;
    const std::string text = line;
    if (const auto at = text.find("(http"); at != std::string::npos) {
      address_ = text.substr(at + 1, text.find(')') - at - 1);
    }
  }
  ~Server() {
    if (pid_ > 0) std::system(("kill " + std::to_string(pid_)).c_str());
    ::pclose(pipe_);
  }
  const std::string& address() const { return address_; }

 private:
  FILE* pipe_ = nullptr;
  int pid_ = 0;
  std::string address_;
};

class Mirror {
 public:
  explicit Mirror(const std::string& address) {
    ::setenv("COHORT_DATA_MIRROR", address.c_str(), 1);
  }
  ~Mirror() { ::unsetenv("COHORT_DATA_MIRROR"); }
};

TEST(Download, TakesOnlyWhatIsPinnedAndLeavesNothingElse) {
  const test::TemporaryFolder home;
  const Folder folder;
  home.write_gzip("rows.gz", "1 1:1\n");
  const Server server(home.path());
  if (server.address().empty()) GTEST_SKIP() << "needs python3";
  const Mirror mirror(server.address());
  // printf '1 1:1\n' | sha256sum
  const std::string sum = "96fcd177435faea909174c76bbc167f4ad131d80e3160282d6ae53e5a7ab24f3";
  RemoteFile file{"rows.libsvm", "https://example.org/data/rows.gz", sum};
  const fs::path to = folder / "fetched";
  ASSERT_TRUE(download(file, to));
  EXPECT_EQ(text_of(to / "rows.libsvm"), "1 1:1\n");
  fs::remove(to / "rows.libsvm");
  home.write_gzip("rows.gz", "1 1:2\n");
  const auto wrong = download(file, to);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::bad_input);
  EXPECT_THAT(wrong.error().message, HasSubstr("rows.gz: expected the SHA-256 96fcd1"));
  EXPECT_TRUE(fs::is_empty(to));
  home.write("rows.gz", "\x1f\x8bnot gzip");
  EXPECT_THAT(download(file, to).error().message, HasSubstr("the gzip stream is corrupt"));
  file.url = "https://example.org/data/none.gz";
  EXPECT_THAT(download(file, to).error().message,
              HasSubstr("none.gz: cannot be fetched: curl: (22)"));
  EXPECT_TRUE(fs::is_empty(to));
}

TEST(Download, SaysAtOnceThatNobodyIsThere) {
  const Folder folder;
  const Mirror mirror("http://127.0.0.1:1/");
  const auto done = download({"f", "https://example.org/f", ""}, folder / "fetched");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::environment);
  EXPECT_THAT(done.error().message, HasSubstr("http://127.0.0.1:1/f: cannot be reached from here"));
}

}  // namespace
}  // namespace cohort
