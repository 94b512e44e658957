// RENDEZVOUS: which of some nodes a thing belongs to, the same in every program; a node more takes only its own share from the others.
#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

/// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv. No secret, and no protection against forgery.
constexpr uint64_t name_hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

/// The end of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): near inputs give far outputs.
constexpr uint64_t mixed_hash(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// How much a node is for a thing; the one with the highest weight has it (Thaler and Ravishankar, IEEE/ACM Transactions on Networking 6(1),
/// 1998).
constexpr uint64_t rendezvous_weight(std::string_view node, uint64_t thing) {
  return mixed_hash(name_hash(node) ^ mixed_hash(thing));
}

} // namespace troupe
