// UPGRADE WORDS: how a command line says with which definition runs go on.
#pragma once

#include <troupe/net/node/command.hpp>

namespace troupe {

/// The options that read_upgrade() reads.
std::vector<cli_option> upgrade_options();

/// The command to a run: the definition of a file, or of a revision of a published workflow, which the node is asked for. Errors:
/// ec::invalid_argument unless one of both is said; those of read_definition_file() and of the node.
caf::expected<UpgradeRun> read_upgrade(cli_session& at);

} // namespace troupe
