// Loose dependencies are reported, fixed ones never.
#define CAF_SUITE examples.repository_audit.dependencies
#include "rows.hpp"

#include "examples/repository_audit/dependencies.hpp"

using namespace troupe::audit;

namespace {

const std::string commit(40, 'a');

std::string npm(const std::string& range) {
  return R"({"dependencies": {"a": ")" + range + R"("}})";
}

std::string cargo(const std::string& line) {
  return "[dependencies]\n" + line;
}

std::string cmake(const std::string& rest) {
  return "FetchContent_Declare(a " + rest + ")";
}

std::vector<finding> unlocked(std::string_view path, std::string_view text) {
  return check_dependencies(path, text, false);
}

std::vector<finding> locked(std::string_view path, std::string_view text) {
  return check_dependencies(path, text, true);
}

} // namespace

CAF_TEST(each kind of loose dependency is found) {
  const std::vector<row> rows{
      {"package.json", npm("^1.2.3"), "npm-lock-missing npm-range-without-lock "},
      {"package.json", npm("1.x"), "npm-lock-missing npm-range-without-lock "},
      {"package.json", npm("1.2.3"), "npm-lock-missing "},
      {"package.json", "{\"name\": \"n\"}", ""},
      {"package.json", npm("latest"), "npm-lock-missing npm-open-range "},
      {"package.json", npm("npm:b@*"), "npm-lock-missing npm-open-range "},
      {"package.json", npm(">=1"), "npm-lock-missing npm-open-range "},
      {"package.json", npm("http://h/a.tgz"), "npm-lock-missing insecure-source "},
      {"package.json", npm("https://h/a.tgz"), "npm-lock-missing archive-url "},
      {"package.json", npm("user/repo"), "npm-lock-missing git-not-pinned "},
      {"package.json", npm("git+https://h/a.git#main"), "npm-lock-missing git-not-pinned "},
      {"package.json", npm("git+https://h/a.git#" + commit), "npm-lock-missing "},
      {"package.json", npm("file:../b"), "npm-lock-missing "},
      {"other.json", npm("*"), ""},
      {"requirements.txt", "a", "pip-unpinned "},
      {"requirements.txt", "a ; python_version < '3'", "pip-unpinned "},
      {"requirements.txt", "a>=1", "pip-range "},
      {"requirements.txt", "a==1.*", "pip-range "},
      {"requirements.txt", "a==1", "pip-hash-missing "},
      {"requirements.txt", "a==1 --hash=sha256:0", ""},
      {"requirements.txt", "--extra-index-url https://i", "pip-extra-index "},
      {"requirements.txt", "--index-url http://i", "insecure-source "},
      {"requirements.txt", "--index-url https://i\n--index-url http://localhost/", ""},
      {"requirements.txt", "--trusted-host h", "insecure-source "},
      {"requirements.txt", "a @ git+https://h/a@main", "git-not-pinned "},
      {"requirements.txt", "git+https://h/a.git", "git-not-pinned "},
      {"requirements.txt", "git+https://h/a.git@" + commit + "#egg=a", ""},
      {"requirements.txt", "a @ http://h/a.zip", "insecure-source "},
      {"requirements.txt", "-r base.txt\na @ https://h/a.zip", ""},
      {"pyproject.toml", "[project]\ndependencies = [\"a\", \"b>=1\"]", "pip-unpinned "},
      {"setup.cfg", "install_requires =\n  a\n  b~=1\n", "pip-unpinned "},
      {"CMakeLists.txt", cmake("URL https://h/a.tgz"), "cmake-hash-missing "},
      {"CMakeLists.txt", cmake("URL http://h/a.tgz"), "insecure-source "},
      {"CMakeLists.txt", cmake("URL http://h/a.tgz URL_HASH SHA256=0"), ""},
      {"CMakeLists.txt", cmake("GIT_REPOSITORY https://h/a GIT_TAG main"), "git-not-pinned "},
      {"a.cmake", "externalproject_add(a GIT_REPOSITORY https://h/a)", "git-not-pinned "},
      {"CMakeLists.txt", cmake("GIT_REPOSITORY https://h/a GIT_TAG " + commit), ""},
      {"CMakeLists.txt", "find_package(Boost REQUIRED)", "cmake-package-version "},
      {"CMakeLists.txt", "find_package(Boost 1.81 REQUIRED)\nfind_package(Threads)", ""},
      {"Cargo.toml", cargo("a = \"*\""), "cargo-lock-missing cargo-wildcard "},
      {"debian/control", "Build-Depends: gcc", "debian-any-version "},
      {"go.mod", "require a.b/c v1.2.3", "go-sum-missing "},
      {"Cargo.toml", cargo("a = \">=1\""), "cargo-lock-missing cargo-open-range "},
      {"go.mod", "module m\nreplace a => ../a", "go-replaced-by-folder "},
      {"go.mod", "require a v0.0.0-20240102150405-0123456789ab", "go-pseudo-version go-sum-missing "},
  };
  check_rows(rows, dependency_rules(), unlocked);
}

CAF_TEST(a lock file makes ranges harmless) {
  CAF_CHECK_EQUAL(rules_of(locked("package.json", npm("^1.2.3"))), "");
  CAF_CHECK(locked("package.json", npm("*")).at(0).level == severity::low);
  CAF_CHECK(unlocked("package.json", npm("*")).at(1).level == severity::medium);
  CAF_CHECK_EQUAL(rules_of(locked("pyproject.toml", "[project]\ndependencies = [\"a\"]")), "");
}

CAF_TEST(a release tag is less severe than a branch) {
  CAF_CHECK(unlocked("CMakeLists.txt", cmake("GIT_REPOSITORY u GIT_TAG v1.2")).at(0).level == severity::low);
  CAF_CHECK(unlocked("CMakeLists.txt", cmake("GIT_REPOSITORY u GIT_TAG master")).at(0).level ==
            severity::medium);
}

CAF_TEST(a lock file counts beside the manifest and above) {
  const std::vector<std::string> paths{"a/b/package.json", "a/yarn.lock", "c/package.json", "uv.lock"};
  CAF_CHECK(has_lock_file("a/b/package.json", paths));
  CAF_CHECK(!has_lock_file("c/package.json", paths));
  CAF_CHECK(has_lock_file("c/pyproject.toml", paths));
  CAF_CHECK(!has_lock_file("package.json", {}));
  const std::vector<std::string> system{"Cargo.lock", "a/go.sum", "debian/control"};
  CAF_CHECK(has_lock_file("a/Cargo.toml", system) && has_lock_file("a/go.mod", system));
  CAF_CHECK(!has_lock_file("b/go.mod", system) && !has_lock_file("debian/control", system));
}

CAF_TEST(a finding stands where the dependency stands) {
  const auto all = unlocked("requirements.txt", "a==1 --hash=sha256:0\n  b>=2\n");
  CAF_REQUIRE_EQUAL(all.size(), 1u);
  CAF_CHECK_EQUAL(all[0].line, 2u);
  CAF_CHECK_EQUAL(all[0].column, 3u);
  CAF_CHECK_EQUAL(all[0].excerpt, "b>=2");
}

CAF_TEST(only manifests are read) {
  for (const auto* path : {"package.json", "x/requirements.txt", "pyproject.toml", "setup.cfg",
                           "CMakeLists.txt", "a/Cargo.toml", "go.mod", "a/debian/control"})
    CAF_CHECK(declares_dependencies(path));
  CAF_CHECK(!declares_dependencies("main.c"));
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (const auto* path :
       {"package.json", "requirements.txt", "pyproject.toml", "setup.cfg", "CMakeLists.txt"})
    for (const auto* part : {"{\"dependencies\":", "a(", "#[[", "a==1 \\", "dependencies=[\"", "\"*\":"})
      CAF_CHECK(unlocked(path, repeated(part)).size() <= 201u);
}
