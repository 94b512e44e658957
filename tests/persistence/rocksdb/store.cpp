// The store on disk keeps the contract of every store, and refuses what it must not touch.
#define CAF_SUITE persistence.rocksdb.store
#include "tests/support/scratch.hpp"
#include <atomic>
#include <caf/test/unit_test.hpp>
#include <csignal>
#include <fstream>
#include <future>
#include <mutex>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <troupe/persistence/high_water.hpp>
#include <troupe/persistence/store.hpp>
#include <unistd.h>

namespace {

// What the disk does when it is told to sync: counts, and fails while it is told to.
std::atomic<unsigned> syncs = 0;
std::atomic<bool> syncs_fail = false;

} // namespace

// Stands before the function of the C library that RocksDB calls.
extern "C" int fdatasync(int file) {
  ++syncs;
  if (!syncs_fail)
    return static_cast<int>(::syscall(SYS_fdatasync, file));
  errno = EIO;
  return -1;
}

namespace {

namespace fs = std::filesystem;

struct subject {
  troupe::test::scratch scratch;
  fs::path directory = scratch.path() / "store";
  std::mutex mutex; // guards warnings
  std::vector<std::string> warnings;
  std::shared_ptr<troupe::store> rows;

  subject() {
    open();
  }
  void open() {
    auto opened = troupe::open_rocksdb(directory, {.warn = [this](auto text) {
                                         std::lock_guard lock{mutex};
                                         warnings.emplace_back(text);
                                       }});
    CAF_REQUIRE(opened);
    rows = *opened;
  }
  void close() {
    rows.reset();
  }
  void restart() {
    close();
    open();
  }
};

// While it lives, no file of this process grows beyond a size, as if the disk were full.
class file_size_limit {
public:
  explicit file_size_limit(rlim_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto limited = before_;
    limited.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

private:
  void (*handler_)(int);
  rlimit before_{};
};

std::vector<fs::path> files(const fs::path& directory, std::string_view extension) {
  std::vector<fs::path> found;
  for (auto& entry : fs::directory_iterator{directory})
    if (entry.path().extension() == extension)
      found.push_back(entry.path());
  return found;
}

bool tells(const caf::error& failure, std::string_view part) {
  return troupe::text_of(failure).find(part) != std::string::npos;
}

// Page faults of children that have ended: grows with each.
long work_of_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  return used.ru_minflt;
}

caf::error refusal(const fs::path& directory) {
  auto opened = troupe::open_rocksdb(directory);
  return opened ? caf::error{} : opened.error();
}

} // namespace

#include "tests/persistence/store_contract.hpp"

CAF_TEST_FIXTURE_SCOPE(rocksdb_store_tests, subject)

using namespace troupe;
using namespace troupe::contract;

CAF_TEST(a missing directory is made for its user alone) {
  auto deep = scratch.path() / "a" / "b" / "store/";
  CAF_CHECK(!refusal(deep));
  struct stat found {};
  CAF_REQUIRE_EQUAL(::stat(deep.c_str(), &found), 0);
  CAF_CHECK_EQUAL(found.st_mode & 07777, 0700u);
}

CAF_TEST(two stores are born with other ids and naming keys) {
  auto other = open_rocksdb(scratch.path() / "other");
  CAF_REQUIRE(other);
  CAF_CHECK_NOT_EQUAL((*other)->id(), rows->id());
  CAF_CHECK_NOT_EQUAL((*other)->naming_key(), rows->naming_key());
}

CAF_TEST(a second opener is refused while the first lives) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  auto failure = refusal(directory);
  CAF_CHECK_EQUAL(code_of(failure), ec::locked);
  CAF_CHECK(tells(failure, directory.native()));
  CAF_CHECK(tells(failure, "has it open already"));
  CAF_CHECK(!rows->write({put("a", "2")}));
  restart();
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "2");
}

CAF_TEST(a path below a file is refused) {
  std::ofstream{scratch.path() / "file"} << "x";
  auto failure = refusal(scratch.path() / "file" / "store");
  CAF_CHECK_EQUAL(code_of(failure), ec::unavailable);
  CAF_CHECK(tells(failure, (scratch.path() / "file" / "store").native()));
  CAF_CHECK(tells(failure, "choose another directory"));
}

CAF_TEST(a directory that may not be written is refused) {
  auto sealed = scratch.path() / "sealed";
  fs::create_directory(sealed);
  fs::permissions(sealed, fs::perms::owner_read | fs::perms::owner_exec);
  if (::access(sealed.c_str(), W_OK) == 0) {
    CAF_MESSAGE("skipped: this user may write everywhere");
    CAF_CHECK(!refusal(sealed));
    return;
  }
  CAF_CHECK_EQUAL(code_of(refusal(sealed)), ec::permission_denied);
  CAF_CHECK(tells(refusal(sealed), "let its user read and write there"));
}

CAF_TEST(a newer layout is refused and left as it is) {
  CAF_CHECK(!rows->write({put(store_key("layout"), "3", space::meta), put("a", "1")}));
  close();
  CAF_CHECK_EQUAL(code_of(refusal(directory)), ec::from_future);
  CAF_CHECK(tells(refusal(directory), directory.native()));
  CAF_CHECK_EQUAL(code_of(refusal(directory)), ec::from_future);
}

CAF_TEST(rows without a store are not taken over) {
  CAF_CHECK(!rows->write({put("a", "1"), drop(store_key("layout"), space::meta),
                          drop(store_key("id"), space::meta), drop(store_key("naming_key"), space::meta)}));
  close();
  CAF_CHECK_EQUAL(code_of(refusal(directory)), ec::corrupt);
}

CAF_TEST(what was written is on disk before the store is closed) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  auto copy = scratch.path() / "copy";
  fs::copy(directory, copy, fs::copy_options::recursive);
  auto survivor = open_rocksdb(copy);
  CAF_REQUIRE(survivor);
  CAF_CHECK_EQUAL(value_of(**survivor, "a"), "1");
  CAF_CHECK_EQUAL((*survivor)->id(), rows->id());
  CAF_CHECK_EQUAL(code_of((*survivor)->write({put("a", "2")}, {fence{1, 4}})), ec::stale);
}

CAF_TEST(a batch torn by a power cut is gone as a whole) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  auto copy = scratch.path() / "copy";
  fs::create_directory(copy);
  fs::copy_file(directory / high_water::file_name,
                copy / high_water::file_name); // the next one is not acknowledged
  CAF_CHECK(!rows->write({put("a", "2"), put("b", "2")}, {fence{1, 6}}));
  fs::copy(directory, copy, fs::copy_options::recursive | fs::copy_options::skip_existing);
  auto logs = files(copy, ".log");
  CAF_REQUIRE_EQUAL(logs.size(), 1u);
  fs::resize_file(logs[0], fs::file_size(logs[0]) - 3);
  auto survivor = open_rocksdb(copy);
  CAF_REQUIRE(survivor);
  CAF_CHECK_EQUAL(value_of(**survivor, "a"), "1");
  CAF_CHECK_EQUAL(value_of(**survivor, "b"), "(none)");
  CAF_CHECK(!(*survivor)->write({put("a", "3")}, {fence{1, 5}}));
}

CAF_TEST(closing leaves no log to read again) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  close();
  for (auto& log : files(directory, ".log"))
    CAF_CHECK_EQUAL(fs::file_size(log), 0u);
  CAF_CHECK(!files(directory, ".sst").empty());
}

CAF_TEST(a failed write stops all writes until the store is reopened) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  auto id = rows->id();
  caf::error failure;
  {
    file_size_limit limit{256 << 10};
    failure = rows->write({put("a", "2"), put("b", std::string(1 << 20, 'x'))}, {fence{1, 6}});
  }
  CAF_CHECK_EQUAL(code_of(failure), ec::outcome_unknown);
  CAF_CHECK(tells(failure, directory.native()));
  CAF_CHECK(tells(failure, "File too large"));
  CAF_CHECK_EQUAL(code_of(rows->write({put("c", "3")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(rows->write({})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1"); // reads go on
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(rows->id(), id);
  CAF_CHECK_EQUAL(keys(scanned(*rows, "", "\xff")), "a");
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  CAF_CHECK(!rows->write({put("c", "4")}, {fence{1, 5}}));
  restart();
  CAF_CHECK_EQUAL(value_of(*rows, "c"), "4");
}

CAF_TEST(every write is synced when it returns) {
  for (int i = 0; i < 3; ++i) {
    auto before = syncs.load();
    CAF_CHECK(!rows->write({put("a", std::to_string(i))}));
    CAF_CHECK(syncs > before);
  }
}

CAF_TEST(a write that could not be synced is unknown until the store is reopened) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  syncs_fail = true;
  auto failure = rows->write({put("a", "2"), put("b", "2")});
  auto reopened = rows->reopen();
  syncs_fail = false;
  CAF_CHECK_EQUAL(code_of(failure), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(reopened), ec::unavailable);
  CAF_CHECK_EQUAL(code_of(rows->write({put("c", "3")})), ec::outcome_unknown);
  CAF_CHECK(!rows->reopen());
  auto found = value_of(*rows, "a");
  CAF_CHECK(found == "1" || found == "2");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), found == "2" ? "2" : "(none)");
  CAF_CHECK(!rows->write({put("c", "4")}));
}

CAF_TEST(a store warns whoever opened it and writes no text of its own) {
  {
    file_size_limit limit{256 << 10};
    CAF_CHECK_EQUAL(code_of(rows->write({put("a", std::string(1 << 20, 'x'))})), ec::outcome_unknown);
  }
  CAF_CHECK(!rows->reopen());
  std::lock_guard lock{mutex};
  CAF_CHECK(!warnings.empty());
  CAF_CHECK(!fs::exists(directory / "LOG"));
}

CAF_TEST(opening on a full disk is refused and can be repeated) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  close();
  caf::error failure;
  {
    file_size_limit limit{0};
    failure = refusal(directory);
  }
  CAF_CHECK_EQUAL(code_of(failure), ec::disk_full);
  CAF_CHECK(tells(failure, directory.native()));
  CAF_CHECK(tells(failure, "ulimit -f"));
  open();
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(reads go on while there is no room to reopen) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  {
    file_size_limit limit{256 << 10};
    CAF_CHECK(rows->write({put("a", "2"), put("b", std::string(1 << 20, 'x'))}));
    for (int i = 0; i < 2; ++i) {
      auto refused = rows->reopen();
      CAF_CHECK_EQUAL(code_of(refused), ec::disk_full);
      CAF_CHECK(tells(refused, "ulimit -f"));
      CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
      CAF_CHECK_EQUAL(value_of(*rows, "b"), "(none)");
      CAF_CHECK_EQUAL(code_of(rows->write({put("c", "3")})), ec::outcome_unknown);
    }
  }
  CAF_CHECK(!rows->reopen());
  CAF_CHECK(!fs::exists(directory / "room"));
  CAF_CHECK(!rows->write({put("c", "4")}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(while there is no room the files are not looked at again) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  fs::rename(directory, scratch.path() / "aside");
  CAF_CHECK_EQUAL(code_of(rows->reopen()), ec::corrupt); // now no database is open
  fs::rename(scratch.path() / "aside", directory);
  {
    file_size_limit limit{0};
    auto before = work_of_children();
    CAF_CHECK_EQUAL(code_of(rows->reopen()), ec::disk_full);
    CAF_CHECK_EQUAL(work_of_children(), before);
  }
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(damaged files are looked at again when they have changed) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  CAF_CHECK(!rows->reopen());
  fs::path table = files(directory, ".sst").at(0), aside = scratch.path() / "aside";
  fs::rename(table, aside);
  auto failure = rows->reopen();
  CAF_CHECK_EQUAL(code_of(failure), ec::corrupt);
  auto before = work_of_children();
  CAF_CHECK_EQUAL(text_of(rows->reopen()), text_of(failure));
  CAF_CHECK_EQUAL(work_of_children(), before);
  fs::rename(aside, table);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(a store that cannot be reopened says so and can be reopened later) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  auto aside = scratch.path() / "aside";
  fs::rename(directory, aside);
  CAF_CHECK_EQUAL(code_of(rows->reopen()), ec::corrupt);
  CAF_CHECK(!fs::exists(directory)); // no new store was born in its place
  CAF_CHECK_EQUAL(read_failure(*rows, "a"), ec::unavailable);
  CAF_CHECK_EQUAL(code_of(rows->scan(space::journal, "a", "b", [](auto, auto) { return true; })),
                  ec::unavailable);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")})), ec::outcome_unknown);
  fs::rename(aside, directory);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  CAF_CHECK(!rows->write({put("a", "2")}));
}

CAF_TEST(another store in the directory is not taken for this one) {
  auto id = rows->id();
  fs::rename(directory, scratch.path() / "aside");
  CAF_CHECK(rows->reopen());
  CAF_CHECK(!refusal(directory));
  auto failure = rows->reopen();
  CAF_CHECK_EQUAL(code_of(failure), ec::corrupt);
  CAF_CHECK(tells(failure, "its mark is that of store " + id));
  CAF_CHECK_EQUAL(rows->id(), id);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1")})), ec::outcome_unknown);
}

CAF_TEST(a store without its file CURRENT is refused and not born again) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  close();
  fs::rename(directory / "CURRENT", scratch.path() / "CURRENT");
  auto refused = [&] {
    CAF_CHECK_EQUAL(code_of(refusal(directory)), ec::corrupt);
    CAF_CHECK(!fs::exists(directory / "CURRENT"));
  };
  refused();
  for (auto& log : files(directory, ".log"))
    fs::remove(log);
  refused();
  fs::rename(scratch.path() / "CURRENT", directory / "CURRENT");
  open();
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(a store whose files cannot be looked at is unavailable and not damaged) {
  auto strange = scratch.path() / "strange";
  fs::create_directory(strange);
  fs::create_symlink("CURRENT", strange / "CURRENT"); // a link to itself
  CAF_CHECK_EQUAL(code_of(refusal(strange)), ec::unavailable);
}

CAF_TEST(reopening waits for a scan and meanwhile nothing else is read) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2")}));
  std::promise<void> scanning;
  std::string seen;
  std::thread reader{[&] {
    auto failure = rows->scan(space::journal, "a", "z", [&](std::string_view key, std::string_view) {
      if (seen.empty()) {
        scanning.set_value();
        while (read_failure(*rows, "a") != ec::unavailable)
          std::this_thread::yield();
      }
      seen += key;
      return true;
    });
    seen += failure ? " and failed" : "";
  }};
  scanning.get_future().wait();
  auto failure = rows->reopen();
  reader.join();
  CAF_CHECK(!failure);
  CAF_CHECK_EQUAL(seen, "ab");
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(a missing table is told at once) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  close();
  for (auto& table : files(directory, ".sst"))
    fs::remove(table);
  CAF_CHECK_EQUAL(code_of(refusal(directory)), ec::corrupt);
  CAF_CHECK(tells(refusal(directory), "restore a backup"));
}

CAF_TEST(a flipped bit in a table is told by get and scan) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", std::string(1 << 20, 'x'))}));
  close();
  for (auto& table : files(directory, ".sst"))
    if (fs::file_size(table) > 2000) {
      std::fstream file{table, std::ios::in | std::ios::out | std::ios::binary};
      file.seekg(1000);
      auto byte = static_cast<char>(file.get() ^ 1);
      file.seekp(1000);
      file.put(byte);
    }
  open();
  CAF_CHECK_EQUAL(read_failure(*rows, "b"), ec::corrupt);
  auto read = [](auto, auto) { return true; };
  CAF_CHECK_EQUAL(code_of(rows->scan(space::journal, "a", "c", read)), ec::corrupt);
  CAF_CHECK_EQUAL(code_of(rows->scan_back(space::journal, "a", "c", read)), ec::corrupt);
}

CAF_TEST_FIXTURE_SCOPE_END()
