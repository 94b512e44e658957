// INQUIRY VIEWS: reasons, stories, replays.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/node/inquiry_views.hpp>

namespace troupe {
namespace {

std::string span(const Reason& reason, const text_look& how) {
  std::string text;
  if (reason.time_ms() > 0)
    text += ", since " + short_time(reason.time_ms(), how);
  if (reason.due_ms() > 0)
    text += (reason.due_ms() >= how.now_ms ? ", until " : ", due since ") + short_time(reason.due_ms(), how);
  return text;
}

text_tone tone_of(const StoryLine& line) {
  if (line.open())
    return text_tone::busy;
  auto& text = line.text();
  return text.find("failed, ") != std::string::npos ? text_tone::bad : text_tone::plain;
}

std::string counted(uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string costs_of(const Story& story) {
  auto& costs = story.costs();
  auto text = counted(costs.attempts(), "attempt");
  if (costs.failed_attempts() > 0)
    text += fmt::format(", {} failed", costs.failed_attempts());
  text += fmt::format("; {}, {}; agents' time {}; {} of {}", counted(costs.tools(), "tool call"),
                      counted(costs.models(), "model call"), human_duration(costs.agent_ms()),
                      counted(costs.events(), "record"), counted(costs.runs(), "run or task"));
  for (auto& one : costs.charges())
    text += fmt::format("; {} {} of {}{}", one.spent(), printable(one.unit()), printable(one.ledger()),
                        one.reserved() > 0 ? fmt::format(", {} more reserved", one.reserved()) : "");
  return text;
}

} // namespace

std::string show(const Reasons& answer, const text_look& how) {
  auto out = fmt::format("{} is {}\n", printable(answer.ref()),
                         answer.status().empty() ? "not known" : answer.status());
  for (auto& reason : answer.reasons()) {
    std::string indent(2 + 2 * std::min<size_t>(reason.depth(), 10), ' ');
    auto about = reason.step();
    if (reason.depth() > 0)
      about = reason.about() + (about.empty() ? "" : " " + about);
    out += fmt::format("{}{}{}{}\n", indent,
                       about.empty() ? "" : paint(printable(about), text_tone::busy, how) + ": ",
                       printable(reason.text()), paint(span(reason, how), text_tone::faint, how));
    if (!reason.command().empty())
      out += fmt::format("{}  {}\n", indent, paint(printable(reason.command()), text_tone::good, how));
  }
  if (answer.left_out() > 0)
    out += fmt::format("  and {} more\n", answer.left_out());
  return out;
}

std::string show(const Story& story, const text_look& how) {
  if (story.lines_size() == 0)
    return "nothing has happened\n";
  auto begun_ms = story.lines(0).time_ms();
  text_table rows{{"AT", "WHAT", "TOOK", "HOW IT WENT", "DECISION"}};
  for (auto& line : story.lines()) {
    std::string indent(2 * std::min<size_t>(line.depth(), 40), ' ');
    auto named = line.kind() + (line.name().empty() ? "" : " " + line.name());
    auto took = line.duration_ms() > 0 || line.open() ? human_duration(line.duration_ms()) : std::string{};
    auto text = printable(line.text()) +
                (line.ref().empty() || line.depth() == 0 ? "" : " (" + printable(line.ref()) + ")");
    rows.add({"+" + human_duration(line.time_ms() - begun_ms),
              indent + printable(named),
              took + (line.open() ? " so far" : ""),
              {text, tone_of(line)},
              {line.decision(), text_tone::faint}});
  }
  auto out = fmt::format("{} is {}, begun {}, trace {}\n", printable(story.ref()), story.status(),
                         short_time(begun_ms, how), story.trace()) +
             rows.show(how) + costs_of(story) + "\n";
  if (story.left_out() > 0)
    out += fmt::format("{} not shown; see `troupe run history ID`\n", counted(story.left_out(), "part"));
  return out;
}

std::string show(const DecisionReplay& replay, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("decision", replay.decision());
  facts.add_fact("record", printable(replay.summary()));
  facts.add_fact("cause", printable(replay.cause()));
  facts.add_fact("decided at once", fmt::format("records {} to {}, after {}", replay.first(), replay.last(),
                                                counted(replay.before(), "record")));
  facts.add_fact("taken as given", counted(replay.given(), "record"));
  facts.add_fact("decided again", counted(replay.repeated(), "record"));
  if (replay.identical())
    return facts.show(how) + paint("identical, bit for bit", text_tone::good, how) + "\n";
  facts.add_fact("differs at", fmt::format("record {}", replay.differs()));
  facts.add_fact("stored", replay.stored().empty() ? "nothing" : printable(replay.stored()));
  facts.add_fact("comes out", replay.again().empty() ? "nothing" : printable(replay.again()));
  facts.add_fact("because", printable(replay.reason()));
  return facts.show(how) + paint("different", text_tone::bad, how) + "\n";
}

} // namespace troupe
