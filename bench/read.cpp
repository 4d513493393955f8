#include <fmt/format.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/benches.hpp"
#include "core/file.hpp"
#include "problems/data/load.hpp"

namespace cohort::bench {

namespace {

constexpr double least_speed = 200;   // MB/s of text
constexpr double allowed_zcat = 1.3;  // times zcat

struct TemporaryFolder {
  std::filesystem::path path;
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cohort-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
};

// The text of a file, inflated if it is gzip.
cohort::Result<std::string> text_of(const std::string& path) {
  const gzFile file = ::gzopen(path.c_str(), "rb");
  if (file == nullptr) return bad_input("cannot open " + path);
  std::string text;
  std::string buffer(1 << 20, '\0');
  int n = 0;
  while ((n = ::gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  const bool good = n == 0;
  ::gzclose(file);
  if (!good) return bad_input("cannot read " + path);
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

cohort::Result<std::vector<Result>> read(const ReadArgs& args) {
  COHORT_TRY(const std::string once, text_of(args.data));
  if (once.empty()) return bad_input(args.data + ": empty file");
  const TemporaryFolder folder;
  if (folder.path.empty()) return bad_environment("cannot make a temporary folder");
  const auto plain = folder.path / "rows.libsvm";
  const auto zipped = folder.path / "rows.libsvm.gz";
  std::uint64_t bytes = 0;
  {
    std::ofstream out(plain, std::ios::binary);
    for (; bytes < args.bytes; bytes += once.size()) out << once;
    if (!out.flush()) return bad_environment("cannot write " + plain.string());
  }
  if (std::system(fmt::format("gzip -1 -c '{}' > '{}'", plain.string(), zipped.string()).c_str()) !=
      0) {
    return bad_environment("gzip failed");
  }
  std::optional<Error> failure;
  const auto parse = [&](const std::filesystem::path& path) {
    if (const auto t = read_table(path, FileFormat::libsvm, {}); !t) failure = t.error();
  };
  volatile std::size_t kept = 0;
  const double mega = static_cast<double>(bytes) / 1e6;

  Result text;
  text.bench = "read";
  text.args = {{"data", args.data}, {"format", "text"}, {"MB", fmt::format("{:.0f}", mega)}};
  const Pair speed = interleave([&] { parse(plain); },
                                [&] {
                                  if (const auto all = read_file(plain)) kept = all->size();
                                });
  text.unit = "MB/s";
  const auto rate = [&](const Quantiles& q) {
    return Quantiles{mega / q.median, mega / q.p90, mega / q.p10};
  };
  text.target = rate(speed.target);
  text.yardstick_name = "the file read into memory";
  text.yardstick = rate(speed.yardstick);
  text.ratio = text.target.median;
  text.ratio_of = "MB/s";
  text.bound = least_speed;
  text.bound_is_least = true;

  Result gzip;
  gzip.bench = "read";
  gzip.args = {{"data", args.data}, {"format", "gzip"}, {"MB", fmt::format("{:.0f}", mega)}};
  gzip.threads = 2;
  const std::string zcat = fmt::format("zcat '{}' > /dev/null", zipped.string());
  bool zcat_ran = true;
  const Pair inflate = interleave([&] { parse(zipped); },
                                  [&] { zcat_ran = zcat_ran && std::system(zcat.c_str()) == 0; });
  if (!zcat_ran) return bad_environment("zcat failed");
  if (failure) return *failure;
  gzip.unit = "MB/s";
  gzip.target = rate(inflate.target);
  gzip.yardstick_name = "zcat";
  gzip.yardstick = rate(inflate.yardstick);
  gzip.ratio = inflate.target.median / inflate.yardstick.median;
  gzip.ratio_of = "seconds / zcat's";
  gzip.bound = allowed_zcat;
  return std::vector<Result>{text, gzip};
}

}  // namespace cohort::bench
