// An inventory lists every file once, in order, and never leaves its root.
#define CAF_SUITE examples.repository_audit.inventory
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/inventory.hpp"

#include <fstream>

using namespace troupe::audit;

namespace {

namespace fs = std::filesystem;

/// A directory of its own for each test, gone afterwards.
struct folder {
  fs::path root;

  folder() {
    std::string name = (fs::temp_directory_path() / "audit_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      CAF_FAIL("no temporary directory");
    root = name;
  }

  ~folder() {
    fs::remove_all(root);
  }

  void write(const fs::path& path, std::string_view bytes) {
    fs::create_directories((root / path).parent_path());
    std::ofstream{root / path, std::ios::binary} << bytes;
  }

  const file_entry& entry(const inventory& all, std::string_view path) {
    for (const auto& file : all.files)
      if (file.path == path)
        return file;
    CAF_FAIL("not listed: " << path);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(inventory_tests, folder)

CAF_TEST(files are listed in order with their kind and language) {
  write("b/z.py", "x = 1\n");
  write("b.txt", "\xC3\xA4");
  write("a.txt", "a\xFF");
  write("c.bin", std::string_view{"a\0b", 3});
  write("run", "#!/bin/sh\n");
  write("empty", "");
  write("huge.c", std::string(101, 'x'));
  const auto all = take_inventory(root, {.file_bytes = 100});
  std::string order;
  for (const auto& file : all.files)
    order += file.path + " ";
  CAF_CHECK_EQUAL(order, "a.txt b.txt b/z.py c.bin empty huge.c run ");
  CAF_CHECK(entry(all, "a.txt").kind == content::non_utf8);
  CAF_CHECK(entry(all, "b.txt").kind == content::text);
  CAF_CHECK(entry(all, "c.bin").kind == content::binary);
  CAF_CHECK(entry(all, "huge.c").kind == content::huge);
  CAF_CHECK(entry(all, "huge.c").lang == language::c);
  CAF_CHECK(entry(all, "run").lang == language::shell);
  CAF_CHECK_EQUAL(entry(all, "b/z.py").bytes, 6u);
  CAF_CHECK_EQUAL(all.count(content::text), 4u);
  CAF_CHECK_EQUAL(all.count(language::python), 1u);
  CAF_CHECK(all.complete);
}

CAF_TEST(links are listed and never followed) {
  write("in/secret.txt", "x");
  fs::create_directory_symlink(root, root / "in" / "loop");
  fs::create_symlink("/etc/passwd", root / "outside");
  fs::create_symlink("nowhere", root / "broken");
  const auto all = take_inventory(root);
  CAF_CHECK_EQUAL(all.files.size(), 4u);
  CAF_CHECK_EQUAL(all.count(content::link), 3u);
  CAF_CHECK(std::get<content>(read_text(root / "outside")) == content::link);
}

CAF_TEST(folders of stored and built things are named and not entered) {
  for (const auto* name : {".git", "node_modules", "build", "x/.venv", "x/__pycache__", "target"})
    write(fs::path{name} / "f", "x");
  write("builder/f", "x");
  const auto all = take_inventory(root);
  CAF_REQUIRE_EQUAL(all.files.size(), 1u);
  CAF_CHECK_EQUAL(all.files[0].path, "builder/f");
  CAF_REQUIRE_EQUAL(all.skipped.size(), 6u);
  CAF_CHECK_EQUAL(all.skipped[0].path, ".git");
  CAF_CHECK_EQUAL(all.skipped[0].reason, "version control");
  CAF_CHECK_EQUAL(all.skipped[5].path, "x/__pycache__");
}

CAF_TEST(modes come from the file system) {
  write("tool", "x");
  fs::permissions(root / "tool", static_cast<fs::perms>(04757));
  const auto all = take_inventory(root);
  CAF_CHECK_EQUAL(entry(all, "tool").mode, 04757u);
}

CAF_TEST(ten thousand files fit and a limit cuts the same ones) {
  for (int i = 0; i < 10'000; ++i)
    write(std::to_string(i % 100) + "/" + std::to_string(i), "x");
  const auto all = take_inventory(root);
  CAF_CHECK_EQUAL(all.files.size(), 10'000u);
  CAF_CHECK_EQUAL(all.count(content::text), 10'000u);
  const auto some = take_inventory(root, {.files = 150});
  CAF_CHECK_EQUAL(some.files.size(), 150u);
  CAF_CHECK(!some.complete);
}

CAF_TEST(a root that is no directory gives a reason) {
  const auto all = take_inventory(root / "nowhere");
  CAF_CHECK(all.files.empty());
  CAF_REQUIRE_EQUAL(all.skipped.size(), 1u);
  CAF_CHECK_EQUAL(all.skipped[0].path, ".");
}

CAF_TEST(a text is read whole or the reason is told) {
  write("a", "a\xFF"
             "b");
  write("zero", std::string_view{"\0", 1});
  write("limit", std::string(70'000, 'x'));
  CAF_CHECK(std::get<std::string>(read_text(root / "a")) == "a?b");
  CAF_CHECK(std::get<content>(read_text(root / "zero")) == content::binary);
  CAF_CHECK(std::get<std::string>(read_text(root / "limit", 70'000)).size() == 70'000);
  CAF_CHECK(std::get<content>(read_text(root / "limit", 69'999)) == content::huge);
  CAF_CHECK(std::get<content>(read_text(root / "nowhere")) == content::unreadable);
  CAF_CHECK(std::get<content>(read_text(root)) == content::special);
}

CAF_TEST_FIXTURE_SCOPE_END()
