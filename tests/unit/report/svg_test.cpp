#include <gtest/gtest.h>

#include "scar/report/drawing.h"
#include "scar/report/markup.h"
#include "svg_reader.h"

namespace scar::report {
namespace {

using test::SvgReader;

Drawing three_things() {
  Drawing drawing;
  drawing.width = 40;
  drawing.height = 20.5;
  drawing.title = "three things";
  drawing.description = "a box, a line and a dot, a word";
  drawing.elements.push_back({"box", Box{1, 2, 3.456, 4, {255, 0, 16}}});
  drawing.elements.push_back({"line", Strokes{{{{0, 0}, {10.004, -0.3}}, {{5, 5}}}, 0.3, {0, 0, 0}}});
  drawing.elements.push_back({"word", Words{{7, 8}, 3, "I & <b>", Anchor::end, true, {1, 2, 3}}});
  return drawing;
}

TEST(Svg, IsInMillimetresAndSaysWhatItShows) {
  const auto svg = to_svg(three_things());
  const SvgReader reader(svg);
  const auto& root = reader.elements().front();
  EXPECT_EQ(root.name, "svg");
  EXPECT_EQ(root.attributes.at("width"), "40mm");
  EXPECT_EQ(root.attributes.at("height"), "20.5mm");
  EXPECT_EQ(root.attributes.at("viewBox"), "0 0 40 20.5");
  EXPECT_EQ(reader.elements()[1].name, "title");
  EXPECT_EQ(reader.elements()[1].text, "three things");
  EXPECT_EQ(reader.elements()[2].name, "desc");
  EXPECT_EQ(reader.elements()[2].text, "a box, a line and a dot, a word");
}

TEST(Svg, WritesEachThingToAHundredthOfAMillimetre) {
  const auto svg = to_svg(three_things());
  const SvgReader reader(svg);
  const auto box = reader.with_role("box").at(0);
  EXPECT_EQ(box.attributes.at("width"), "3.46");
  EXPECT_EQ(box.attributes.at("fill"), "#ff0010");
  const auto line = reader.with_role("line").at(0);
  EXPECT_EQ(line.attributes.at("d"), "M0 0 10 -0.3M5 5h0");
  EXPECT_EQ(line.attributes.at("stroke-width"), "0.3");
  const auto word = reader.with_role("word").at(0);
  EXPECT_EQ(word.text, "I & <b>");
  EXPECT_EQ(word.attributes.at("text-anchor"), "end");
  EXPECT_EQ(word.attributes.at("font-weight"), "bold");
}

TEST(Svg, RefersToNothingAndHasNoIds) {
  const auto svg = to_svg(three_things());
  for (const auto* word : {"href", "url(", "<script", "<style", "<?", " id=", "<!"})
    EXPECT_EQ(svg.find(word), std::string::npos) << word;
}

TEST(Markup, EscapesWhatMeansSomethingAndReplacesWhatIsNoText) {
  EXPECT_EQ(escape_markup("<script>alert('1' && \"2\")</script>"),
            "&lt;script&gt;alert(&#39;1&#39; &amp;&amp; &quot;2&quot;)&lt;/script&gt;");
  EXPECT_EQ(escape_markup("größe 5 µV"), "größe 5 µV");
  EXPECT_EQ(escape_markup(std::string("a\0b\x1b", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(escape_markup("\xC3(\xEF\xBF\xBE"), "\xEF\xBF\xBD(\xEF\xBF\xBD");
  EXPECT_EQ(escape_markup("a\tb\nc"), "a\tb\nc");
}

}  // namespace
}  // namespace scar::report
