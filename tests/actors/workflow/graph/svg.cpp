// A picture for a browser is well-formed whatever the definition says, and tells kinds and lines apart.
#define CAF_SUITE actors.workflow.graph.svg
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <regex>
#include <tests/support/order_workflow.hpp>
#include <troupe/actors/workflow/workflow_graph.hpp>

using namespace troupe;

namespace {

size_t count(const std::string& text, std::string_view part) {
  size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

// Elements open and close in pairs, and no bare & is left: enough of XML 1.0 for what a drawer may get wrong.
std::string flaw(const std::string& text) {
  std::vector<std::string> open;
  static const std::regex tag{R"(<(/?)([a-z]+)[^<>]*?(/?)>|&(?!amp;|lt;|gt;|quot;)|<)"};
  for (std::sregex_iterator found{text.begin(), text.end(), tag}, end; found != end; ++found) {
    auto& match = *found;
    if (match[2].length() == 0)
      return "stray " + match.str();
    if (match[1].length() == 0 && match[3].length() == 0)
      open.push_back(match[2].str());
    if (match[1].length() > 0 && (open.empty() || open.back() != match[2].str()))
      return "closes " + match[2].str();
    if (match[1].length() > 0)
      open.pop_back();
  }
  return open.empty() ? "" : "open " + open.back();
}

} // namespace

CAF_TEST(a small workflow has all its boxes and lines) {
  auto text = to_svg(order_workflow());
  CAF_CHECK_EQUAL(flaw(text), "");
  CAF_CHECK_EQUAL(count(text, "<text class=\"id\""), 7u);
  CAF_CHECK_EQUAL(count(text, "<path class=\"tip needs\""), 3u);
  CAF_CHECK_EQUAL(count(text, "<path class=\"tip catches\""), 2u);
  CAF_CHECK_EQUAL(count(text, "<path class=\"tip compensates\""), 1u);
  for (auto part :
       {">big</text>", ">otherwise</text>", ">undo</text>", "<title>price: task\ntask.required: shop.price\n",
        "prefers-color-scheme:dark", "class=\"box block\"", "<title>order 1.2.0</title>"})
    CAF_CHECK_EQUAL(count(text, part), 1u);
  CAF_CHECK_EQUAL(text, to_svg(order_workflow()));
}

CAF_TEST(states are classes and unknown ones are words alone) {
  auto text = to_svg(order_workflow(), {{"price", "completed"}, {"ask", "\"/><script>"}});
  CAF_CHECK_EQUAL(count(text, "<g class=\"completed\">"), 1u);
  CAF_CHECK_EQUAL(count(text, "<script"), 0u);
  CAF_CHECK_EQUAL(flaw(text), "");
}

CAF_TEST(every text is escaped) {
  auto text = to_svg(workflow_of(
      R"(name: "<b>&\"\001" steps { id: "<i>" description: "a < b && c\377" task { required: "<u>" } }
    steps { id: "d" decision { cases { name: "<s>" then: "e" } } } steps { id: "e" needs: "d" })"));
  CAF_CHECK_EQUAL(flaw(text), "");
  for (auto part : {"<b>", "<i>", "<u>", "<s>", "\x01", "\xff"})
    CAF_CHECK_EQUAL(count(text, part), 0u);
  CAF_CHECK(count(text, "a &lt; b &amp;&amp; c\uFFFD") == 1);
}

CAF_TEST(two hundred steps fit on a page) {
  auto text = to_svg(fan_workflow(200));
  std::smatch size;
  CAF_REQUIRE(std::regex_search(text, size, std::regex{"width=\"(\\d+)\" height=\"(\\d+)\""}));
  CAF_CHECK(std::stoi(size[1]) <= 2'500);
  CAF_CHECK(std::stoi(size[2]) <= 2'500);
}

CAF_TEST(a workflow without steps is an empty page) {
  CAF_CHECK_EQUAL(flaw(to_svg({})), "");
}
