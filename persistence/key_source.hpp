// KEY SOURCE: where a master key comes from.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <troupe/persistence/seal.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/secret.hpp>

namespace troupe {

/// Reads 32 bytes in hex or base64 from a file that only this user can read. Errors: ec::key_missing (there is no such file),
/// ec::permission_denied (others can read it; the text names the chmod), ec::invalid_argument (it holds no key).
caf::expected<sealing_key> master_key_from_file(const std::string& path);

/// Reads the same from what a shell command prints. Errors: ec::key_missing (it failed, or said nothing within `patience`;
/// it is killed then), ec::invalid_argument (it said more than limits::key_command_bytes, or no key).
caf::expected<sealing_key>
master_key_from_command(const std::string& command, const clock& time,
                        std::chrono::milliseconds patience = limits::key_command_time);

/// Reads the first line of a file that only this user can read. Errors: ec::key_missing (there is no such file), ec::permission_denied (the
/// text names the chmod), ec::invalid_argument (the line is empty).
caf::expected<secret> password_from_file(const std::string& path);

/// Makes a random master key in a new file, mode 0600. Errors: ec::already_exists, ec::permission_denied, ec::disk_full,
/// ec::read_only, ec::unavailable.
caf::error make_master_key(const std::string& path);

} // namespace troupe
