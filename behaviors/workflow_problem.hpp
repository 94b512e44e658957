// WORKFLOW PROBLEM: one mistake in a definition, where it is, and what is allowed there.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace troupe {

/// A place in a text, from 1; columns count bytes. 0 = not known.
struct text_place {
  size_t line = 0;
  size_t column = 0;
};

/// One mistake, or one warning of the linter.
struct workflow_problem {
  std::string path; ///< of the field: `steps[2].map.body.steps[0].when`, positions from 0; empty = the whole
  std::string text; ///< what is wrong and what is allowed, one sentence
  std::string rule; ///< of a warning: its name, e.g. `timeouts`; empty = a mistake
  text_place at;
};
using workflow_problems = std::vector<workflow_problem>;

/// Where the fields of a definition stand in its text, by path as above.
using workflow_places = std::map<std::string, text_place>;

/// Gives each problem the place of its path, or of the nearest one around it.
void locate(workflow_problems& problems, const workflow_places& places);

/// `file:line:column: text`, a line for each, sorted by place; the path stands for a place that is not known.
std::string to_string(const workflow_problems& problems, const std::string& file);

} // namespace troupe
