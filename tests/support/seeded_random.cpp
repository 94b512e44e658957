// SEEDED RANDOM: the library's own stream cipher, one stream per call.

#include <cstring>
#include <sodium.h>
#include <tests/support/seeded_random.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

struct {
  uint64_t seed = 0;
  uint64_t calls = 0;
} source;

void fill(void* out, size_t size) {
  unsigned char stream[randombytes_SEEDBYTES] = {};
  ++source.calls;
  std::memcpy(stream, &source.seed, sizeof source.seed);
  std::memcpy(stream + sizeof source.seed, &source.calls, sizeof source.calls);
  randombytes_buf_deterministic(out, size, stream);
}

uint32_t number() {
  uint32_t out = 0;
  fill(&out, sizeof out);
  return out;
}

const char* name() {
  return "seeded";
}

randombytes_implementation seeded{name, number, nullptr, nullptr, fill, nullptr};

} // namespace

seeded_random::seeded_random(uint64_t seed) {
  ensure(sodium_init() >= 0, "the library starts"); // which takes some random bytes, once
  source = {seed, 0};
  randombytes_set_implementation(&seeded);
}

seeded_random::~seeded_random() {
  randombytes_set_implementation(&randombytes_sysrandom_implementation);
}

} // namespace troupe
