#include "scenarios/report/svg.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace cohort::report {

namespace {

constexpr char32_t replacement = 0xFFFD;

struct CodePoint {
  char32_t value;
  std::size_t bytes;  // that it takes in the text
};

bool is_allowed_in_xml(char32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) ||
         (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

// The first code point of text that is not empty; one byte of what is not UTF-8 is U+FFFD.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {is_allowed_in_xml(lead) ? lead : replacement, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {replacement, 1};
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {replacement, 1};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  if (value < least[bytes] || !is_allowed_in_xml(value)) return {replacement, 1};
  return {value, bytes};
}

// Advance widths of Helvetica in 1/1000 em, from space to tilde (Adobe's core 14 font metrics).
constexpr std::array<int, 95> helvetica = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584};

// The figure or sign that a superscript raises, 0 for anything else.
char32_t raised(char32_t c) {
  switch (c) {
    case 0xB9:
      return '1';
    case 0xB2:
      return '2';
    case 0xB3:
      return '3';
    case 0x207B:
      return 0x2212;
    default:
      return c == 0x2070 || (c >= 0x2074 && c <= 0x2079) ? U'0' + (c - 0x2070) : 0;
  }
}
constexpr double raised_size = 0.72;
constexpr double raised_by = 0.38;

double width_in_em(char32_t c) {
  if (const char32_t base = raised(c)) return raised_size * width_in_em(base);
  if (c >= 0x20 && c <= 0x7E) return helvetica[c - 0x20] / 1000.0;
  if (c >= 0x0300 && c <= 0x036F) return 0.0;  // combining marks
  if (c == 0x2009 || c == 0x202F) return 0.2;  // thin spaces
  if (c == 0x2026 || c >= 0x2E80) return 1.0;  // ellipsis; CJK
  return 0.6;
}

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&](char32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0U | (c >> 6U));
    byte(0x80U | (c & 0x3FU));
  } else {
    if (c < 0x10000) {
      byte(0xE0U | (c >> 12U));
    } else {
      byte(0xF0U | (c >> 18U));
      byte(0x80U | ((c >> 12U) & 0x3FU));
    }
    byte(0x80U | ((c >> 6U) & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  }
}

std::string attribute(std::string_view name, std::string_view value) {
  std::string out;
  out.append(" ").append(name).append("=\"").append(value).append("\"");
  return out;
}
std::string attribute(std::string_view name, double value) {
  return attribute(name, number(value));
}

std::string attributes(const Paint& paint) {
  std::string out = attribute("fill", paint.fill);
  if (paint.opacity < 1.0) out += attribute("fill-opacity", number(paint.opacity, 2));
  if (paint.stroke == "none") return out;
  out += attribute("stroke", paint.stroke);
  if (paint.width != 1.0) out += attribute("stroke-width", number(paint.width, 2));
  if (!paint.dashes.empty()) out += attribute("stroke-dasharray", paint.dashes);
  return out;
}

// Raised figures as spans, since fonts differ in which of them they have.
std::string with_raised_figures(std::string_view text, double size) {
  std::string out;
  bool is_raised = false;
  bool is_span = false;
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint c = first_code_point(rest);
    const char32_t base = raised(c.value);
    if ((base != 0) != is_raised) {
      is_raised = base != 0;
      if (is_span) out += "</tspan>";
      is_span = true;
      out += "<tspan" + attribute("dy", number((is_raised ? -1 : 1) * raised_by * size, 2));
      if (is_raised) out += attribute("font-size", raised_size * size);
      out += ">";
    }
    std::string one;
    append_utf8(one, base != 0 ? base : c.value);
    out += escaped(one);
    rest.remove_prefix(c.bytes);
  }
  if (is_span) out += "</tspan>";
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    switch (c.value) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        append_utf8(out, c.value);
    }
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::string number(double value, int decimals) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, decimals)
                       .ptr;
  std::string out(buffer.data(), end);
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

double text_width(std::string_view text, double size) {
  double em = 0.0;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    em += width_in_em(c.value);
    text.remove_prefix(c.bytes);
  }
  return em * size;
}

std::string elided(std::string_view text, double size, double width) {
  constexpr double rounding = 1e-6;  // points; a text given exactly its own width fits
  if (text_width(text, size) <= width + rounding) return std::string(text);
  std::vector<CodePoint> points;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(points.back().bytes)) {
    points.push_back(first_code_point(rest));
  }
  // What tells one option from another is often at its end, so a third of the room is for that.
  double room = width / size - width_in_em(0x2026);
  std::size_t head = 0, tail = 0, head_bytes = 0, tail_bytes = 0;
  double head_width = 0.0, tail_width = 0.0;
  while (head + tail < points.size()) {
    const bool takes_tail = tail_width * 2.0 < head_width;
    const CodePoint& c = takes_tail ? points[points.size() - 1 - tail] : points[head];
    const double em = width_in_em(c.value);
    if (em > room) break;
    room -= em;
    (takes_tail ? tail : head) += 1;
    (takes_tail ? tail_bytes : head_bytes) += c.bytes;
    (takes_tail ? tail_width : head_width) += em;
  }
  std::string out(text.substr(0, head_bytes));
  out += "…";
  out += text.substr(text.size() - tail_bytes);
  return out;
}

void Path::step(char command, Point to) {
  const long x = std::lround(to.x * 10.0);
  const long y = std::lround(to.y * 10.0);
  // The first move of a path is absolute either way.
  if (command != last_) data_ += command;
  append(x - x_, command == last_);
  append(y - y_, true);
  // Pairs that follow a move would be lines.
  last_ = command == 'm' ? ' ' : command;
  x_ = x;
  y_ = y;
  if (command == 'm') {
    start_x_ = x;
    start_y_ = y;
  }
}

void Path::append(long tenths, bool follows_a_number) {
  if (tenths < 0) {
    data_ += '-';
  } else if (follows_a_number) {
    data_ += ' ';
  }
  const long size = std::abs(tenths);
  if (size >= 10 || size == 0) data_ += std::to_string(size / 10);
  if (size % 10 != 0) data_.append(".").append(std::to_string(size % 10));
}

void Path::close() {
  data_ += 'z';
  last_ = ' ';
  x_ = start_x_;
  y_ = start_y_;
}

void Path::rect(Point corner, double width, double height) {
  move(corner);
  const long across = std::lround((corner.x + width) * 10.0) - x_;
  const long down = std::lround((corner.y + height) * 10.0) - y_;
  data_ += 'h';
  append(across, false);
  data_ += 'v';
  append(down, false);
  data_ += 'h';
  append(-across, false);
  close();
}

void Svg::line(Point from, Point to, const Paint& paint) {
  body_ += "<line" + attribute("x1", from.x) + attribute("y1", from.y) + attribute("x2", to.x) +
           attribute("y2", to.y) + attributes(paint) + "/>\n";
}

void Svg::rect(Point corner, double width, double height, const Paint& paint) {
  body_ += "<rect" + attribute("x", corner.x) + attribute("y", corner.y) +
           attribute("width", width) + attribute("height", height) + attributes(paint) + "/>\n";
}

void Svg::circle(Point centre, double radius, const Paint& paint) {
  body_ += "<circle" + attribute("cx", centre.x) + attribute("cy", centre.y) +
           attribute("r", radius) + attributes(paint) + "/>\n";
}

void Svg::path(const Path& path, const Paint& paint) {
  if (path.is_empty()) return;
  body_ += "<path" + attribute("d", path.data()) + attributes(paint) + "/>\n";
}

void Svg::text(Point at, std::string_view text, const TextStyle& style, double room) {
  body_ += "<text" + attribute("x", at.x) + attribute("y", at.y);
  if (style.size != TextStyle{}.size) body_ += attribute("font-size", style.size);
  if (style.anchor != Anchor::start) {
    body_ += attribute("text-anchor", style.anchor == Anchor::end ? "end" : "middle");
  }
  if (style.fill != TextStyle{}.fill) body_ += attribute("fill", style.fill);
  if (style.rotation != 0.0) {
    body_ += attribute("transform", "rotate(" + number(style.rotation) + " " + number(at.x) + " " +
                                        number(at.y) + ")");
  }
  body_ += ">";
  const std::string shown = elided(text, style.size, room);
  if (shown != text) body_ += "<title>" + escaped(text) + "</title>";
  body_ += with_raised_figures(shown, style.size) + "</text>\n";
}

std::string Svg::element(double width, double height, std::string_view title,
                         std::string_view description) const {
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" role=\"img\"";
  out += attribute("width", number(width) + "pt") + attribute("height", number(height) + "pt");
  out += attribute("viewBox", "0 0 " + number(width) + " " + number(height));
  out += attribute("font-family", "Helvetica, Arial, 'Liberation Sans', sans-serif");
  out += attribute("font-size", TextStyle{}.size) + attribute("fill", TextStyle{}.fill) + ">\n";
  out += "<title>" + escaped(title) + "</title>\n<desc>" + escaped(description) + "</desc>\n";
  out += body_ + "</svg>\n";
  return out;
}

}  // namespace cohort::report
