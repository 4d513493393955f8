#pragma once
// A strict reader of XML for tests: elements in order of their start, with attributes and text.
// What is not well-formed is a failure of the test that reads it.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cohort {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  // of itself and of what is inside, without <title>
  std::size_t parent = 0;

  double number(const std::string& attribute) const {
    const auto found = attributes.find(attribute);
    return found == attributes.end() ? 0.0 : std::stod(found->second);
  }
};

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : rest_(text) {}

  /// Empty, with a failure, if the text is not well-formed.
  std::vector<XmlElement> read() {
    if (rest_.starts_with("<?xml")) rest_.remove_prefix(rest_.find("?>") + 2);
    if (rest_.starts_with("\n")) rest_.remove_prefix(1);
    std::vector<std::size_t> open;
    while (!rest_.empty()) {
      if (rest_.front() != '<') {
        const std::string text = content(rest_.find('<'));
        if (open.empty()) {
          if (text.find_first_not_of(" \n") != std::string::npos) return fail("text outside");
          continue;
        }
        if (elements_[open.back()].name == "title" && open.size() > 1 &&
            elements_[elements_[open.back()].parent].name == "text") {
          elements_[open.back()].text += text;
          continue;
        }
        for (const std::size_t i : open) elements_[i].text += text;
      } else if (rest_.starts_with("</")) {
        const std::size_t end = rest_.find('>');
        if (end == std::string_view::npos || open.empty()) return fail("end without start");
        if (rest_.substr(2, end - 2) != elements_[open.back()].name) return fail("wrong end");
        open.pop_back();
        rest_.remove_prefix(end + 1);
      } else {
        if (open.empty() && !elements_.empty()) return fail("second root");
        if (!start(open)) return fail("bad start tag");
      }
      if (is_bad_) return fail("bad reference");
    }
    if (!open.empty() || elements_.empty()) return fail("no end");
    return std::move(elements_);
  }

 private:
  std::vector<XmlElement> fail(const std::string& what) {
    ADD_FAILURE() << what << " at: " << rest_.substr(0, 80);
    return {};
  }

  bool start(std::vector<std::size_t>& open) {
    XmlElement element;
    rest_.remove_prefix(1);
    const std::size_t name_end = rest_.find_first_of(" \n/>");
    if (name_end == 0 || name_end == std::string_view::npos) return false;
    element.name = rest_.substr(0, name_end);
    element.parent = open.empty() ? 0 : open.back();
    rest_.remove_prefix(name_end);
    while (true) {
      while (rest_.starts_with(" ") || rest_.starts_with("\n")) rest_.remove_prefix(1);
      if (rest_.starts_with("/>")) {
        rest_.remove_prefix(2);
        elements_.push_back(std::move(element));
        return true;
      }
      if (rest_.starts_with(">")) {
        rest_.remove_prefix(1);
        open.push_back(elements_.size());
        elements_.push_back(std::move(element));
        return true;
      }
      const std::size_t equals = rest_.find("=\"");
      if (equals == std::string_view::npos || equals == 0) return false;
      const std::string key(rest_.substr(0, equals));
      if (key.find_first_of("<>\"' \n") != std::string::npos) return false;
      rest_.remove_prefix(equals + 2);
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) return false;
      if (!element.attributes.emplace(key, content(quote)).second) return false;
      rest_.remove_prefix(1);
    }
  }

  // Character data up to `end`, its references resolved.
  std::string content(std::size_t end) {
    if (end == std::string_view::npos) end = rest_.size();
    std::string_view raw = rest_.substr(0, end);
    rest_.remove_prefix(end);
    std::string out;
    static const std::map<std::string_view, char> references = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    while (!raw.empty()) {
      if (raw.front() == '&') {
        const std::string_view reference = raw.substr(0, raw.find(';') + 1);
        const auto found = references.find(reference);
        if (found == references.end()) {
          is_bad_ = true;
          return out;
        }
        out += found->second;
        raw.remove_prefix(reference.size());
      } else {
        if (raw.front() == '<') is_bad_ = true;
        out += raw.front();
        raw.remove_prefix(1);
      }
    }
    return out;
  }

  std::string_view rest_;
  std::vector<XmlElement> elements_;
  bool is_bad_ = false;
};

inline std::vector<XmlElement> read_xml(std::string_view text) { return XmlReader(text).read(); }

}  // namespace cohort
