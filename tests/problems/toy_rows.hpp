#pragma once
// Small made-up rows in every form in which an objective may meet them.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "problems/data/rows.hpp"
#include "problems/objectives/linear_model.hpp"

namespace cohort::test {

enum class Form { dense_f64, dense_f32, sparse_f64, sparse_f32 };
inline constexpr Form forms[] = {Form::dense_f64, Form::dense_f32, Form::sparse_f64,
                                 Form::sparse_f32};
inline std::string to_string(Form form) {
  constexpr const char* names[] = {"dense f64", "dense f32", "sparse f64", "sparse f32"};
  return names[static_cast<std::size_t>(form)];
}

/// `count` rows of `features` values, about half of them zero, all multiples of 1/64 so that single
/// precision holds them exactly; every fifth row is empty and the last feature never occurs. Labels
/// are 0 … classes − 1.
class ToyRows {
 public:
  ToyRows(std::size_t count, std::size_t features, std::size_t classes) : features_(features) {
    Stream stream(7, Purpose::test);
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t f = 0; f < features; ++f) {
        const double x = (static_cast<double>(stream.below(257)) - 128) / 64;
        const bool is_zero = stream.below(2) == 0 || j % 5 == 4 || f + 1 == features;
        dense_.push_back(is_zero ? 0 : x);
        if (is_zero || x == 0) continue;
        columns_.push_back(static_cast<std::uint32_t>(f));
        entries_.push_back(x);
      }
      offsets_.push_back(columns_.size());
      labels_.push_back(static_cast<double>(stream.below(classes)));
    }
    dense_f32_.assign(dense_.begin(), dense_.end());
    entries_f32_.assign(entries_.begin(), entries_.end());
  }

  Rows rows(Form form) const {
    const std::size_t n = labels_.size();
    const double* y = labels_.data();
    switch (form) {
      case Form::dense_f64:
        return DenseRows<double>{n, features_, features_, dense_.data(), y};
      case Form::dense_f32:
        return DenseRows<float>{n, features_, features_, dense_f32_.data(), y};
      case Form::sparse_f64:
        return SparseRows<double>{n, features_, offsets_.data(), columns_.data(), entries_.data(),
                                  y};
      case Form::sparse_f32:
        return SparseRows<float>{
            n, features_, offsets_.data(), columns_.data(), entries_f32_.data(), y};
    }
    return {};
  }
  RowsOf of(Form form) const {
    return [rows = rows(form)](RowSource, ClientId) { return rows; };
  }
  double value(std::size_t j, std::size_t f) const { return dense_[j * features_ + f]; }
  double label(std::size_t j) const { return labels_[j]; }
  std::size_t count() const { return labels_.size(); }
  std::size_t features() const { return features_; }

 private:
  std::size_t features_;
  std::vector<double> dense_;
  std::vector<float> dense_f32_;
  std::vector<std::uint64_t> offsets_{0};
  std::vector<std::uint32_t> columns_;
  std::vector<double> entries_;
  std::vector<float> entries_f32_;
  std::vector<double> labels_;
};

/// A pool and a scratch to ask with.
struct Asker {
  explicit Asker(std::size_t threads = 1) : pool(threads) {}
  ThreadPool pool;
  Scratch scratch;
  Function::Context context() { return {pool, scratch}; }
};

inline Vec some_point(std::size_t d, std::uint64_t seed = 3) {
  Vec w(static_cast<Index>(d));
  Stream(seed, Purpose::test).fill_normal(as_mutable_span(w));
  return 0.5 * w;
}

inline Sample all_rows(const Function& f) {
  Sample sample;
  sample.count = f.rows(RowSource::client, ClientId(0));
  return sample;
}

/// Rows of the sample whose predicted class is their label.
inline std::size_t correct_rows(const Function& f, Function::Context context, const Sample& sample,
                                VecView w) {
  const std::size_t n = sample.rows(), columns = f.prediction().columns;
  std::vector<double> labels(n), scores(n * columns);
  f.labels(sample, labels);
  f.predict(context, sample, w, {}, scores);
  std::size_t correct = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const auto row = std::span<const double>(scores).subspan(j * columns, columns);
    correct += static_cast<double>(predicted_class(row)) == labels[j] ? 1U : 0U;
  }
  return correct;
}

/// A Hessian in full, and which entries were written.
class HessianMatrix final : public HessianSink {
 public:
  explicit HessianMatrix(std::size_t d)
      : matrix(Mat::Zero(static_cast<Index>(d), static_cast<Index>(d))) {}
  void add(std::size_t i, std::size_t j, double value) override {
    matrix(static_cast<Index>(i), static_cast<Index>(j)) += value;
    if (i != j) matrix(static_cast<Index>(j), static_cast<Index>(i)) += value;
    written.emplace_back(i, j);
  }
  Mat matrix;
  std::vector<std::pair<std::size_t, std::size_t>> written;
};

/// Everything that a function answers on a sample, as a list of doubles whose bits can be compared.
inline std::vector<double> all_answers(const Function& f, Function::Context context,
                                       const Sample& sample, const Vec& w, const Vec& v) {
  std::vector<double> out{f.value(context, sample, w), f.jvp(context, sample, w, v)};
  const auto append = [&](const auto& x) { out.insert(out.end(), x.begin(), x.end()); };
  Vec g(w.size());
  out.push_back(f.gradient(context, sample, w, {}, g));
  append(as_span(g));
  f.hvp(context, sample, w, v, g);
  append(as_span(g));
  std::vector<double> losses(sample.rows());
  f.losses(context, sample, w, losses);
  append(losses);
  std::vector<double> scores(sample.rows() * f.prediction().columns);
  f.predict(context, sample, w, losses, scores);
  append(losses);
  append(scores);
  const LinePoint p = f.along(context, sample, w, v)->at(0.3);
  append(std::vector<double>{p.value, p.first, p.second, p.third});
  HessianMatrix hessian(f.layout().size());
  f.hessian(context, sample, w, hessian);
  append(std::span<const double>(hessian.matrix.data(),
                                 static_cast<std::size_t>(hessian.matrix.size())));
  return out;
}

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace cohort::test
