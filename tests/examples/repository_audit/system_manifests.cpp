// Loose dependencies of Cargo, Go and Debian manifests are reported, fixed ones never.
#define CAF_SUITE examples.repository_audit.system_manifests
#include "rows.hpp"

#include "examples/repository_audit/dependencies.hpp"
#include "examples/repository_audit/system_manifests.hpp"

using namespace troupe::audit;

namespace {

std::vector<finding> locked(std::string_view path, std::string_view text) {
  return check_dependencies(path, text, true);
}

std::string cargo(const std::string& text) {
  return "[package]\nname = \"a\"\nversion = \"*\"\n" + text;
}

} // namespace

CAF_TEST(each rule holds where it should and nowhere else) {
  const std::vector<row> rows{
      {"Cargo.toml", cargo("[dependencies]\na = \"*\"\nb = \"1.2\""), "cargo-wildcard "},
      {"Cargo.toml", cargo("[dev-dependencies]\na = { version = '*', features = [] }"), "cargo-wildcard "},
      {"Cargo.toml", cargo("[target.'cfg(unix)'.dependencies.a]\nfeatures = []\nversion = \"*\""),
       "cargo-wildcard "},
      {"Cargo.toml", cargo("[workspace.dependencies]\na = \">= 1\" # any\nb = \">=1, <2\""),
       "cargo-open-range "},
      {"Cargo.toml", cargo("[dependencies]\na = { git = \"https://h/a\", branch = \"main\" }"),
       "git-not-pinned "},
      {"Cargo.toml", cargo("[dependencies.a]\ngit = \"https://h/a\"\nrev = \"0123\"\n[features]\nb = \"*\""),
       ""},
      {"Cargo.toml", cargo("[dependencies]\na = { git = \"http://h/a\", rev = \"0123\" }"),
       "insecure-source "},
      {"Cargo.toml", cargo("[dependencies]\n# a = \"*\"\na = { path = \"../a\" }\nb.workspace = true"), ""},
      {"Cargo.toml", cargo("[dependencies]"), ""},
      {"x.toml", "[dependencies]\na = \"*\"", ""},
      {"go.mod", "require (\n\ta v1.2.3 // indirect\n\tb v1.2.4-0.20240102150405-0123456789ab\n)\n",
       "go-pseudo-version "},
      {"go.mod", "require a v1.2.3-rc.1\nexclude b v0.0.0-20240102150405-0123456789ab", ""},
      {"go.mod", "replace (\n\ta => ./a\n\tb v1 => c v1.2.3\n)", "go-replaced-by-folder "},
      {"debian/control", "Source: a\nBuild-Depends: debhelper-compat (= 13),\n gcc (>= 12) [amd64],\n", ""},
      {"debian/control", "Build-Depends: debhelper-compat (= 13),\n# b\n gcc,\n make\nPackage: a\nDepends: c",
       "debian-any-version "},
      {"p/debian/control", "Vcs-Git: git://h/a.git\nHomepage: http://h\nVcs-Browser: https://h/a",
       "insecure-source insecure-source "},
      {"control", "Build-Depends: gcc", ""},
  };
  for (const auto& r : rows) {
    const auto found = rules_of(locked(r.path, r.text));
    if (found != r.rules)
      CAF_MESSAGE("in " << r.path << ": " << r.text);
    CAF_CHECK_EQUAL(found, r.rules);
  }
}

CAF_TEST(a lock file is asked for once and only where something is needed) {
  CAF_CHECK_EQUAL(
      rules_of(check_dependencies("Cargo.toml", cargo("[dependencies]\na = \"1\"\nb = \"1\""), false)),
      std::string{"cargo-lock-missing "});
  CAF_CHECK_EQUAL(rules_of(check_dependencies("Cargo.toml", cargo(""), false)), std::string{});
  CAF_CHECK_EQUAL(rules_of(check_dependencies("go.mod", "module m\ngo 1.22", false)), std::string{});
  CAF_CHECK_EQUAL(std::string{lock_files_of("a/go.mod")}, std::string{"go.sum"});
  CAF_CHECK(lock_files_of("debian/control").empty());
}

CAF_TEST(a finding stands where the version stands) {
  const auto found = locked("Cargo.toml", "[dependencies.a]\n  version = \"*\"\n");
  CAF_REQUIRE_EQUAL(found.size(), 1u);
  CAF_CHECK_EQUAL(found[0].line, 2u);
  CAF_CHECK_EQUAL(found[0].column, 3u);
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (const auto* path : {"Cargo.toml", "go.mod", "debian/control"})
    for (const auto* part : {"[dependencies.", "a = \"*\" ", "version", "require ( ", "=> ",
                             "Build-Depends: a, ", "[dependencies]\na={version"})
      CAF_CHECK(check_dependencies(path, repeated(part), false).size() <= 201u);
}
