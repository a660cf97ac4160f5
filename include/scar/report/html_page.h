#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scar/report/drawing.h"

namespace scar::report {

/// One HTML file that needs nothing but itself: style within, figures as inline SVG, no script, no reference to anywhere.
/// Every text is escaped.
class HtmlPage {
 public:
  HtmlPage(std::string title, std::string subtitle);

  void section(const std::string& title);     // opens a section; it also stands in the list of contents
  void subsection(const std::string& title);  // a smaller heading
  void paragraph(std::string_view text);
  void note(std::string_view text);  // smaller print
  /// The first column is text; cells that are numbers stand at the right.
  void table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);
  /// Pairs of a name and a value, for heads and hashes.
  void facts(const std::vector<std::pair<std::string, std::string>>& facts);
  void figure(const Drawing& drawing, std::string_view caption);
  /// Large figures at the top: (value, what it is).
  void headline(const std::vector<std::pair<std::string, std::string>>& figures);
  /// What follows until end_details() is folded away.
  void begin_details(std::string_view summary);
  void end_details();

  [[nodiscard]] std::string text() const;

 private:
  std::string title_, subtitle_, contents_, body_;
  int sections_ = 0;
};

}  // namespace scar::report
