#pragma once
// A writer of SVG 1.1 elements. Lengths are points (1/72 inch); y grows downwards. Same calls, same
// bytes: numbers never depend on a locale.

#include <string>
#include <string_view>

namespace cohort::report {

/// Text for the inside of XML and HTML, attributes included. What is not UTF-8, or is not allowed
/// in XML, becomes U+FFFD.
std::string escaped(std::string_view text);

/// Fixed point with at most `decimals` digits after the point, without zeros at the end: "12.3",
/// "-4", "0". Finite values below 1e15.
std::string number(double value, int decimals = 1);

/// The width in points of text in Helvetica, whose widths Arial and Liberation Sans share. Runs of
/// ⁰…⁹ and ⁻ count as the raised figures as which Svg::text sets them.
double text_width(std::string_view text, double size);

/// The text, or its beginning and end with an ellipsis between, so that it is no wider than
/// `width`.
std::string elided(std::string_view text, double size, double width);

struct Point {
  double x = 0.0;
  double y = 0.0;
  bool operator==(const Point&) const = default;
};

/// Path data on a grid of 1/10 point, written relative to the point before.
class Path {
 public:
  void move(Point to) { step('m', to); }
  void line(Point to) { step('l', to); }
  void close();
  /// A closed rectangle; `width` and `height` may be negative.
  void rect(Point corner, double width, double height);
  bool is_empty() const { return data_.empty(); }
  const std::string& data() const { return data_; }

 private:
  void step(char command, Point to);
  void append(long tenths, bool follows_a_number);
  std::string data_;
  char last_ = ' ';
  // In tenths of a point: of the last point, and of the start of the subpath.
  long x_ = 0, y_ = 0, start_x_ = 0, start_y_ = 0;
};

struct Paint {
  std::string_view fill = "none";
  std::string_view stroke = "none";
  double width = 1.0;         // of the stroke
  std::string_view dashes{};  // "3 1.5"; empty: solid
  double opacity = 1.0;       // of the fill
};

enum class Anchor { start, middle, end };

struct TextStyle {
  double size = 8.0;
  Anchor anchor = Anchor::start;
  std::string_view fill = "#222222";
  /// Degrees, clockwise, about the point where the text is anchored.
  double rotation = 0.0;
};

class Svg {
 public:
  void line(Point from, Point to, const Paint& paint);
  void rect(Point corner, double width, double height, const Paint& paint);
  void circle(Point centre, double radius, const Paint& paint);
  void path(const Path& path, const Paint& paint);
  /// The baseline starts (is centred, ends) at `at`. Wider than `room`: elided, with the whole text
  /// as its <title>.
  void text(Point at, std::string_view text, const TextStyle& style = {}, double room = 1e9);
  /// Edges that fall on whole pixels, for cells that touch.
  void begin_crisp() { body_ += "<g shape-rendering=\"crispEdges\">"; }
  void end_group() { body_ += "</g>\n"; }

  /// The svg element, `width` × `height` points.
  std::string element(double width, double height, std::string_view title,
                      std::string_view description) const;

 private:
  std::string body_;
};

}  // namespace cohort::report
