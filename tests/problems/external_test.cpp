#include "problems/external/external.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

namespace cohort {
namespace {

using testing::HasSubstr;

// A message as problems/external/channel.hpp has it, made without its code.
std::string message(std::string header, const std::vector<double>& block = {}) {
  std::string out = "CXP1";
  const auto length = static_cast<std::uint32_t>(header.size());
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out += header;
  out.append(reinterpret_cast<const char*>(block.data()), block.size() * sizeof(double));
  return out;
}
const std::string start_answer = message(R"({"id":1,"arrays":[["start","<f8",[2]]]})", {1, 2});
std::string gradient_answer(const std::vector<double>& value_and_gradient) {
  return message(R"({"id":2,"arrays":[["value","<f8",[1]],["gradient","<f8",[2]]]})",
                 value_and_gradient);
}

class External : public testing::Test {
 protected:
  // A program that says this, whatever it is asked, and then what `then` does.
  ExternalProblem::Options saying(const std::string& bytes,
                                  const std::string& then = "cat >/dev/null") {
    file_ = std::filesystem::path(testing::TempDir()) /
            ("external-" + std::to_string(::getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    std::ofstream(file_, std::ios::binary) << bytes;
    ExternalProblem::Options options;
    options.dimension = 2;
    options.command = {"sh", "-c", "cat '" + file_.string() + "'; " + then};
    options.deadline = 20;
    return options;
  }
  void TearDown() override { std::filesystem::remove(file_); }

  static std::string error_of_start(const ExternalProblem::Options& options) {
    const auto made = ExternalProblem::make(options, 7, 3);
    return made ? "it started" : made.error().message;
  }
  // What is thrown when a gradient is asked after a start that succeeds.
  std::string error_of_gradient(const std::string& answer,
                                const std::string& then = "cat >/dev/null") {
    const auto made = ExternalProblem::make(saying(start_answer + answer, then), 7, 3);
    if (!made) return "no start: " + made.error().message;
    try {
      (void)gradient(**made);
    } catch (const ExternalFailure& failure) {
      return failure.what();
    }
    return "it answered";
  }
  static std::pair<double, Vec> gradient(const Function& f) {
    ThreadPool pool(1);
    Scratch scratch;
    OracleCounts counts;
    Oracle oracle(f, ClientId(1), {pool, scratch}, counts);
    const Vec w = Vec::Ones(2);
    Vec g(2);
    const double value = oracle.gradient(w, g);
    return {value, g};
  }

 private:
  std::filesystem::path file_;
};

TEST_F(External, AnswersArriveWhereTheyAreWanted) {
  const auto f = ExternalProblem::make(saying(start_answer + gradient_answer({5, 3, 4})), 7, 3);
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ((*f)->start(), (Vec(2) << 1, 2).finished());
  const auto [value, g] = gradient(**f);
  EXPECT_EQ(value, 5);
  EXPECT_EQ(g, (Vec(2) << 3, 4).finished());
}

TEST_F(External, AnswersAreTakenInWhateverPiecesTheyCome) {
  const std::string all = start_answer;
  auto options = saying(all);
  const std::string file = options.command[2].substr(5, options.command[2].find("';") - 5);
  options.command[2] = "i=1; while [ $i -le " + std::to_string(all.size()) +
                       " ]; do tail -c +$i '" + file +
                       "' | head -c 9; i=$((i+9)); done; cat >/dev/null";
  EXPECT_EQ(error_of_start(options), "it started");
}

TEST_F(External, NumbersThatAreNotFiniteAreLeftToTheCaller) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto f = ExternalProblem::make(saying(start_answer + gradient_answer({1, nan, 4})), 7, 3);
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_TRUE(std::isnan(gradient(**f).second[0]));
}

TEST_F(External, AProgramThatIsLateIsNamedWithWhatItWasAsked) {
  auto options = saying("", "sleep 30");
  options.deadline = 0.2;
  const auto begun = std::chrono::steady_clock::now();
  const std::string error = error_of_start(options);
  EXPECT_THAT(error, HasSubstr("an answer did not come within 0.2 s"));
  EXPECT_THAT(error, HasSubstr("asked init"));
  EXPECT_THAT(error, HasSubstr("sleep 30"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(External, AProgramThatDoesNotReadIsLate) {
  constexpr std::size_t d = std::size_t{1} << 19;  // a model that no pipe holds
  auto options =
      saying(message(R"({"id":1,"arrays":[["start","<f8",[524288]]]})", std::vector<double>(d)),
             "sleep 30");
  options.dimension = d;
  options.deadline = 0.5;
  const auto f = ExternalProblem::make(options, 7, 3);
  ASSERT_TRUE(f) << f.error().message;
  ThreadPool pool(1);
  Scratch scratch;
  const Vec w = Vec::Zero(d);
  try {
    (void)(*f)->value({pool, scratch}, {RowSource::client, ClientId(0), 0, 1, {}}, w);
    FAIL() << "it answered";
  } catch (const ExternalFailure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("did not read the question within 0.5 s"));
  }
}

TEST_F(External, AProgramThatEndsIsNamedWithItsStatus) {
  EXPECT_THAT(error_of_start(saying("", "exit 3;")), HasSubstr("exit status 3"));
  EXPECT_THAT(error_of_gradient("", "kill -SEGV $$;"), HasSubstr("signal 11"));
  EXPECT_THAT(error_of_gradient("CXP1", "head -c 1 >/dev/null; exit 4;"),
              HasSubstr("exit status 4 after 4 of 8 bytes of an answer"));
}

TEST_F(External, AProgramThatIsNotThereIsNamed) {
  auto options = saying("");
  options.command = {"/nowhere/at-all"};
  EXPECT_THAT(error_of_start(options), HasSubstr("\"/nowhere/at-all\": cannot be started"));
}

TEST_F(External, WhatIsNoMessageIsShown) {
  EXPECT_THAT(error_of_gradient("Hello, world\n"),
              HasSubstr("expected a message, which begins with CXP1, found \"Hello, w\""));
}

TEST_F(External, HeadersAreHeldToTheirForm) {
  EXPECT_THAT(error_of_gradient(message("{\"id\":2,")), HasSubstr("a JSON object"));
  EXPECT_THAT(error_of_gradient(message("[2]")), HasSubstr("a JSON object"));
  EXPECT_THAT(error_of_gradient(message(R"({"id":9,"arrays":[]})")),
              HasSubstr("expected the answer to question 2, found 9"));
  EXPECT_THAT(error_of_gradient(message(R"({"arrays":[]})")), HasSubstr("found none named"));
  std::string long_header("CXP1\xff\xff\xff\xff", 8);
  EXPECT_THAT(error_of_gradient(long_header), HasSubstr("at most 65536 bytes, found 4294967295"));
}

TEST_F(External, ArraysAreHeldToWhatIsWanted) {
  const std::string wrong_length =
      message(R"({"id":2,"arrays":[["value","<f8",[1]],["gradient","<f8",[3]]]})", {1, 2, 3, 4});
  const std::string error = error_of_gradient(wrong_length);
  EXPECT_THAT(error, HasSubstr(R"(["gradient","<f8",[2]])"));
  EXPECT_THAT(error, HasSubstr(R"(["gradient","<f8",[3]])"));
  EXPECT_THAT(error, HasSubstr("client\":1"));
  EXPECT_THAT(error_of_gradient(message(R"({"id":2,"arrays":[["value","<f4",[1]]]})")),
              HasSubstr("<f4"));
  EXPECT_THAT(error_of_gradient(message(R"({"id":2})")), HasSubstr("found none"));
  EXPECT_THAT(error_of_gradient(gradient_answer({1, 2}), "exit 0;"),
              HasSubstr("after 8 of 16 bytes of array gradient"));
}

TEST_F(External, AnErrorOfTheProgramIsItsText) {
  EXPECT_THAT(error_of_gradient(message(R"({"id":2,"error":"ValueError: no such client"})")),
              HasSubstr("it says: ValueError: no such client"));
}

TEST_F(External, OneOfCommandAndSocketIsGiven) {
  ExternalProblem::Options options;
  EXPECT_THAT(error_of_start(options), HasSubstr("found neither"));
  options.command = {"true"};
  options.socket = "x";
  EXPECT_THAT(error_of_start(options), HasSubstr("found both"));
}

TEST_F(External, ASocketAnswersAsAProgramDoes) {
  const std::string path = testing::TempDir() + "cohort-" + std::to_string(::getpid()) + ".sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::copy(path.begin(), path.end(), address.sun_path);
  const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  std::thread program([&] {
    const int fd = ::accept(listening, nullptr, nullptr);
    char unread[4096];
    if (::read(fd, unread, sizeof unread) > 0) {
      (void)!::write(fd, start_answer.data(), start_answer.size());
    }
    ::close(fd);
  });
  ExternalProblem::Options options;
  options.dimension = 2;
  options.socket = path;
  options.deadline = 20;
  const auto f = ExternalProblem::make(options, 7, 3);
  program.join();
  ::close(listening);
  ::unlink(path.c_str());
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ((*f)->start(), (Vec(2) << 1, 2).finished());
  try {
    (void)gradient(**f);
    FAIL() << "it answered";
  } catch (const ExternalFailure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("it closed the connection"));
  }
  options.socket = "/nowhere/at-all";
  EXPECT_THAT(error_of_start(options), HasSubstr("cannot connect"));
}

TEST_F(External, WhatCanBeAskedIsKnownBeforeTheProgramRuns) {
  ExternalProblem::Options options;
  EXPECT_TRUE(ExternalProblem::without_rows(options)->capabilities().has(Query::jvp));
  EXPECT_FALSE(ExternalProblem::without_rows(options)->capabilities().has(Query::hvp));
  options.answers = {ExternalAnswer::value, ExternalAnswer::hvp};
  EXPECT_FALSE(ExternalProblem::without_rows(options)->capabilities().has(Query::gradient));
  EXPECT_TRUE(ExternalProblem::without_rows(options)->capabilities().has(Query::hvp));
  ExternalModel::Options model;
  model.predicts = Outcome::classes;
  EXPECT_TRUE(ExternalModel::without_rows(model)->prediction().has_classes());
}

TEST_F(External, PathsAndCommandsAreOfTheSite) {
  ExternalProblem::Options options;
  options.command = {"python3", "oracle.py"};
  options.deadline = 5;
  const auto table = option_table<ExternalProblem::Options>();
  EXPECT_EQ(table.write(options).find("command"), nullptr);
  EXPECT_EQ(table.write(options).find("deadline"), nullptr);
  EXPECT_NE(table.write(options).find("dimension"), nullptr);
  EXPECT_NE(table.write(options, true).find("command"), nullptr);
}

}  // namespace
}  // namespace cohort
