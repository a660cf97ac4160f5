#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "scar/report/drawing.h"

namespace scar::test {

/// An element of an SVG, with its text if it has no children.
struct SvgElement {
  std::string name, text;
  std::map<std::string, std::string> attributes;

  [[nodiscard]] double number(const std::string& attribute) const { return std::stod(attributes.at(attribute)); }
  /// Polylines of a path whose data are those of to_svg().
  [[nodiscard]] std::vector<std::vector<report::Point>> runs() const {
    std::vector<std::vector<report::Point>> out;
    std::string data = attributes.at("d");
    for (std::size_t h = data.find("h0"); h != std::string::npos; h = data.find("h0")) data.erase(h, 2);
    std::istringstream parts(data);
    for (std::string run; std::getline(parts, run, 'M');) {
      if (run.empty()) continue;
      std::istringstream numbers(run);
      auto& points = out.emplace_back();
      for (report::Point point; numbers >> point.x >> point.y;) points.push_back(point);
    }
    return out;
  }
};

/// Throws unless `text` is well-formed XML of the kind that to_svg() writes: elements that nest, attributes in quotes and
/// none twice, no stray < or &, the five entities and numbers alone.
class SvgReader {
 public:
  explicit SvgReader(const std::string& text) : text_(text) {
    read_element();
    skip_space();
    require(at_ == text_.size(), "something follows the root");
  }
  [[nodiscard]] const std::vector<SvgElement>& elements() const { return elements_; }
  [[nodiscard]] std::vector<SvgElement> with_role(const std::string& role) const {
    std::vector<SvgElement> out;
    for (const auto& element : elements_) {
      const auto found = element.attributes.find("class");
      if (found != element.attributes.end() && found->second == "ecg-" + role) out.push_back(element);
    }
    return out;
  }
  [[nodiscard]] std::string texts(const std::string& role) const {
    std::string out;
    for (const auto& element : with_role(role)) out += element.text + "\n";
    return out;
  }

 private:
  void require(bool holds, const std::string& what) const {
    if (!holds) throw std::runtime_error(what + " at byte " + std::to_string(at_));
  }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void expect(const std::string& word) {
    require(text_.compare(at_, word.size(), word) == 0, "wanted " + word);
    at_ += word.size();
  }
  void skip_space() {
    while (std::isspace(static_cast<unsigned char>(here())) != 0) ++at_;
  }
  std::string name() {
    const auto begin = at_;
    while (std::isalnum(static_cast<unsigned char>(here())) != 0 || here() == '-') ++at_;
    require(at_ > begin, "wanted a name");
    return text_.substr(begin, at_ - begin);
  }
  std::string characters(char end) {
    static const std::map<std::string, std::string> kEntities = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
    std::string out;
    while (here() != end) {
      require(at_ < text_.size() && here() != '<', "a stray <, or the end");
      if (here() == '&') {
        const auto entity = text_.substr(at_, text_.find(';', at_) + 1 - at_);
        require(kEntities.contains(entity), "unknown entity");
        out += kEntities.at(entity);
        at_ += entity.size();
      } else {
        const auto byte = static_cast<unsigned char>(here());
        require(byte >= 0x20 || byte == '\n' || byte == '\t', "a control character");
        out += text_[at_++];
      }
    }
    return out;
  }
  void read_element() {
    expect("<");
    SvgElement element;
    element.name = name();
    for (skip_space(); here() != '>' && here() != '/'; skip_space()) {
      const auto attribute = name();
      expect("=\"");
      require(element.attributes.emplace(attribute, characters('"')).second, "an attribute twice");
      expect("\"");
    }
    const auto place = elements_.size();
    elements_.push_back(element);
    if (here() == '/') {
      expect("/>");
      return;
    }
    expect(">");
    while (true) {
      elements_[place].text += characters('<');
      if (text_.compare(at_, 2, "</") == 0) break;
      read_element();
    }
    expect("</" + element.name + ">");
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<SvgElement> elements_;
};

}  // namespace scar::test
