#include "scar/report/html_page.h"

#include <algorithm>
#include <utility>

#include "scar/core/cat.h"
#include "scar/report/markup.h"

namespace scar::report {

namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: #1c2430; background: #f5f6f8; }
header { background: #14304f; color: #fff; padding: 1.6rem 2rem; }
header h1 { margin: 0; font-size: 1.5rem; font-weight: 600; }
header p { margin: .25rem 0 0; opacity: .85; }
main { max-width: 68rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
nav { margin: 1rem 0; font-size: .95rem; }
nav a { color: #14508c; margin-right: 1.1rem; white-space: nowrap; }
section { background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; padding: .4rem 1.4rem 1.2rem; margin: 1.2rem 0; }
h2 { font-size: 1.2rem; margin: .8rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { margin: .4rem 0; max-width: 60rem; }
.note { font-size: .85rem; color: #5a6573; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; font-size: .9rem; }
th, td { padding: .22rem .8rem .22rem 0; text-align: left; border-bottom: 1px solid #e8ebef; vertical-align: top; }
th { font-weight: 600; border-bottom: 1.5px solid #9aa5b1; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .85rem; }
dt { color: #5a6573; } dd { margin: 0; overflow-wrap: anywhere; }
.head { display: flex; flex-wrap: wrap; gap: 1rem 2.2rem; margin: .8rem 0; }
.head div { min-width: 8rem; }
.head b { display: block; font-size: 1.7rem; font-weight: 600; line-height: 1.2; }
.head span { font-size: .85rem; color: #5a6573; }
figure { margin: .8rem 0; overflow-x: auto; }
figure svg { max-width: none; display: block; }
figcaption { font-size: .85rem; color: #5a6573; }
details { margin: .6rem 0; } summary { cursor: pointer; color: #14508c; }
@media print { body { background: #fff; } section { border: 0; padding: 0; break-inside: avoid; } nav { display: none; } }
)";

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.,-+%() ±…") == std::string::npos;
}

}  // namespace

HtmlPage::HtmlPage(std::string title, std::string subtitle)
    : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

void HtmlPage::section(const std::string& title) {
  if (sections_++ > 0) body_ += "</section>\n";
  const auto name = escape_markup(title);
  contents_ += cat("<a href=\"#s", sections_, "\">", name, "</a>\n");
  body_ += cat("<section id=\"s", sections_, "\">\n<h2>", name, "</h2>\n");
}

void HtmlPage::subsection(const std::string& title) { body_ += cat("<h3>", escape_markup(title), "</h3>\n"); }
void HtmlPage::paragraph(std::string_view text) { body_ += cat("<p>", escape_markup(text), "</p>\n"); }
void HtmlPage::note(std::string_view text) { body_ += cat("<p class=\"note\">", escape_markup(text), "</p>\n"); }

void HtmlPage::table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::vector<bool> numeric(head.size(), true);
  for (std::size_t column = 0; column < head.size(); ++column) {
    numeric[column] = column > 0 && std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
                        return column >= row.size() || row[column].empty() || is_number(row[column]);
                      });
  }
  const auto line = [&](const std::vector<std::string>& cells, const char* tag) {
    body_ += "<tr>";
    for (std::size_t column = 0; column < cells.size(); ++column) {
      body_ += cat("<", tag, column < numeric.size() && numeric[column] ? " class=\"n\">" : ">",
                   escape_markup(cells[column]), "</", tag, ">");
    }
    body_ += "</tr>\n";
  };
  body_ += "<div class=\"scroll\"><table>\n<thead>";
  line(head, "th");
  body_ += "</thead>\n<tbody>\n";
  for (const auto& row : rows) line(row, "td");
  body_ += "</tbody>\n</table></div>\n";
}

void HtmlPage::facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  body_ += "<dl>\n";
  for (const auto& [name, value] : facts)
    body_ += cat("<dt>", escape_markup(name), "</dt><dd>", escape_markup(value), "</dd>\n");
  body_ += "</dl>\n";
}

void HtmlPage::figure(const Drawing& drawing, std::string_view caption) {
  body_ += cat("<figure>\n", to_svg(drawing), "\n<figcaption>", escape_markup(caption), "</figcaption></figure>\n");
}

void HtmlPage::headline(const std::vector<std::pair<std::string, std::string>>& figures) {
  body_ += "<div class=\"head\">\n";
  for (const auto& [value, what] : figures)
    body_ += cat("<div><b>", escape_markup(value), "</b><span>", escape_markup(what), "</span></div>\n");
  body_ += "</div>\n";
}

void HtmlPage::begin_details(std::string_view summary) {
  body_ += cat("<details><summary>", escape_markup(summary), "</summary>\n");
}
void HtmlPage::end_details() { body_ += "</details>\n"; }

std::string HtmlPage::text() const {
  return cat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
      "<title>", escape_markup(title_), "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<header><h1>",
      escape_markup(title_), "</h1><p>", escape_markup(subtitle_), "</p></header>\n<main>\n<nav>", contents_,
      "</nav>\n", body_, sections_ > 0 ? "</section>\n" : "", "</main>\n</body>\n</html>\n");
}

}  // namespace scar::report
