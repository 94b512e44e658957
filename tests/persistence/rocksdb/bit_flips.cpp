// One flipped bit anywhere in a store's directory: refused, told when read, or harmless; never a wrong or short state.
#define CAF_SUITE persistence.rocksdb.bit_flips
#include "tests/support/scratch.hpp"
#include <caf/test/unit_test.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <troupe/persistence/high_water.hpp>
#include <troupe/persistence/rocksdb/checkup.hpp>
#include <troupe/persistence/rocksdb/database.hpp>

using namespace troupe;

namespace {

namespace fs = std::filesystem;

const int places = std::getenv("TROUPE_SANITIZED") ? 150 : 600; // with sanitizers each takes several times as long
constexpr uint64_t flip_seed = 20261129;

// Memory is quicker than a disk, and what is on trial does not depend on it.
struct quick_temp {
  quick_temp() {
    std::error_code ignored;
    if (fs::is_directory("/dev/shm", ignored))
      ::setenv("TMPDIR", "/dev/shm", 0);
  }
};

using content = std::map<std::pair<space, std::string>, std::string>;

struct flipped : quick_temp {
  test::scratch scratch;
  fs::path origin = scratch.path() / "store";
  fs::path copy = scratch.path() / "copy";
  content acknowledged;
  std::vector<std::pair<fs::path, std::streamoff>> sizes; // files that have bytes
  std::streamoff all_bytes = 0;

  // Several tables and logs, rows in all spaces, deletions, and a tail that is in no table yet.
  flipped() {
    auto rows = *open_rocksdb(origin);
    std::mt19937_64 chance{flip_seed};
    for (int batch = 0; batch < 120; ++batch) {
      write_batch changes;
      for (int n = 0; n < 6; ++n) {
        auto where = static_cast<space>(chance() % space_count);
        auto key = fmt::format("row {:03}", chance() % 300);
        auto value = std::string(20 + chance() % 120, static_cast<char>('a' + chance() % 26));
        if (chance() % 6 == 0) {
          changes.push_back({where, key, std::nullopt});
          acknowledged.erase({where, key});
        } else {
          changes.push_back({where, key, value});
          acknowledged[{where, key}] = value;
        }
      }
      CAF_REQUIRE(!rows->write(changes));
      auto database = database_of(*rows);
      if (batch % 25 == 24)
        CAF_REQUIRE(database->db->Flush({}, database->handle(static_cast<space>(batch / 25))).ok());
    }
    fs::copy(origin, scratch.path() / "killed", fs::copy_options::recursive);
    rows.reset();
    fs::remove_all(origin);
    fs::rename(scratch.path() / "killed", origin);
    for (auto& entry : fs::directory_iterator{origin})
      if (auto size = static_cast<std::streamoff>(entry.file_size()); size > 0) {
        sizes.emplace_back(entry.path().filename(), size);
        all_bytes += size;
      }
    std::sort(sizes.begin(), sizes.end());
  }

  // Half of the places are drawn evenly from all bytes, half from the bytes of a file drawn evenly from all files.
  std::pair<fs::path, std::streamoff> place(std::mt19937_64& chance) const {
    if (chance() % 2 == 0) {
      auto& [file, size] = sizes[chance() % sizes.size()];
      return {file, static_cast<std::streamoff>(chance() % static_cast<uint64_t>(size))};
    }
    auto at = static_cast<std::streamoff>(chance() % static_cast<uint64_t>(all_bytes));
    for (auto& [file, size] : sizes) {
      if (at < size)
        return {file, at};
      at -= size;
    }
    return {};
  }

  // What came of it, in one word; empty if what is served is wrong.
  std::string outcome() const {
    std::string warnings;
    auto opened = open_rocksdb(copy, {.warn = [&](auto text) { warnings += text; }});
    if (!opened)
      return code_of(opened.error()) == ec::corrupt ? "refused" : describe(opened.error());
    content found;
    for (size_t i = 0; i < space_count; ++i) {
      auto where = static_cast<space>(i);
      auto failed = (*opened)->scan(where, "", "\xff", [&](auto key, auto value) {
        if (where != space::meta || key.substr(0, 4) == "row ")
          found[{where, std::string{key}}] = value;
        return true;
      });
      if (failed)
        return code_of(failed) == ec::corrupt ? "told" : describe(failed);
      for (auto& [key, value] : acknowledged)
        if (key.first == where) {
          auto row = (*opened)->get(where, key.second);
          if (!row)
            return code_of(row.error()) == ec::corrupt ? "told" : describe(row.error());
        }
    }
    if (found != acknowledged)
      return {};
    return warnings.empty() ? "harmless" : "reported";
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(bit_flips_tests, flipped)

CAF_TEST(a flipped bit never serves a wrong or short state) {
  std::mt19937_64 chance{flip_seed};
  std::map<std::string, int> outcomes;
  for (int n = 0; n < places; ++n) {
    auto [file, offset] = place(chance);
    auto bit = static_cast<int>(chance() % 8);
    fs::remove_all(copy);
    fs::copy(origin, copy, fs::copy_options::recursive);
    {
      std::fstream bytes{copy / file, std::ios::in | std::ios::out | std::ios::binary};
      bytes.seekg(offset);
      auto byte = static_cast<char>(bytes.get() ^ (1 << bit));
      bytes.seekp(offset);
      bytes.put(byte);
    }
    auto what = outcome();
    ++outcomes[what];
    if (what != "refused" && what != "told" && what != "harmless" && what != "reported")
      CAF_FAIL(file << ", byte " << offset << ", bit " << bit << ": "
                    << (what.empty() ? "a wrong or short state is served in silence" : what));
  }
  for (auto& [what, times] : outcomes)
    CAF_MESSAGE(times << " of " << places << " " << what);
  CAF_CHECK(outcomes["refused"] > places / 12); // the bits do matter
  CAF_CHECK(outcomes["told"] > places / 60);
}

CAF_TEST(a store without a flipped bit is served whole) {
  fs::copy(origin, copy, fs::copy_options::recursive);
  CAF_CHECK_EQUAL(outcome(), "harmless");
}

CAF_TEST_FIXTURE_SCOPE_END()
