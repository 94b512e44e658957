// FILTER WORDS: how a command line says which runs are meant.
#pragma once

#include <troupe/net/node/command.hpp>
#include <troupe/runtime/proto/batch.pb.h>

namespace troupe {

/// The options that read_filter() reads, `--status` among them.
std::vector<cli_option> filter_options();

/// The filter that was said. Error: ec::invalid_argument, which names the option.
caf::expected<RunFilter> read_filter(const cli_arguments& said);

/// The time an option names, Unix milliseconds; 0 if nothing was said. Error: ec::invalid_argument, which names the option.
caf::expected<int64_t> read_moment(std::string_view option, const std::string& text);

} // namespace troupe
