// The instructions of a Dockerfile, and names of images.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// One instruction. Lines that end with a backslash are joined.
struct docker_instruction {
  std::string name;      ///< in capital letters
  std::string_view rest; ///< what follows, over all its lines, backslashes and comments between them included
  std::size_t offset;    ///< of the name, in bytes
};

/// All instructions in order. Source: the Dockerfile reference; here-documents are read as part of their RUN.
std::vector<docker_instruction> docker_instructions(std::string_view text);

/// Tells whether an image may be another one tomorrow: no tag, or "latest", and no digest. Names made of
/// variables, and "scratch", are not.
bool is_floating_image(std::string_view image);

} // namespace troupe::audit
