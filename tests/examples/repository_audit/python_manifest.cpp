// Requirements are read from each of the files that hold them.
#define CAF_SUITE examples.repository_audit.python_manifest
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/python_manifest.hpp"

#include <string>

using namespace troupe::audit;

namespace {

std::string read(std::string_view path, std::string_view text) {
  std::string result;
  for (const auto& r : python_requirements(path, text)) {
    CAF_CHECK_EQUAL(text.substr(r.offset, r.name.size()), r.name);
    result += std::string{r.name} + "|" + std::string{r.rest} + "; ";
  }
  return result;
}

} // namespace

CAF_TEST(a requirements file is known by name or folder) {
  for (const auto* path : {"requirements.txt", "a/requirements-dev.txt", "constraints.txt",
                           "requirements/dev.txt", "dev-requirements.txt"})
    CAF_CHECK(is_requirements_file(path));
  for (const auto* path : {"requirements.in", "notes.txt", "requirements/dev.md", "CMakeLists.txt"})
    CAF_CHECK(!is_requirements_file(path));
}

CAF_TEST(a requirements file has names and options and hashes on the next line) {
  CAF_CHECK_EQUAL(read("requirements.txt", "# note\na\nb[x]>=1 # note\n\n--index-url=http://i\n-r other.txt\n"
                                           "c @ https://h/c#sha256=1\n"),
                  "a|; b|[x]>=1; --index-url|http://i; -r|other.txt; c|@ https://h/c#sha256=1; ");
  CAF_CHECK_EQUAL(read("requirements.txt", "a==1 \\\n  --hash=sha256:0 \\\n  --hash=sha256:1\nb\n"),
                  "a|==1 \\\n  --hash=sha256:0 \\\n  --hash=sha256:1; b|; ");
}

CAF_TEST(a pyproject file has lists and tables) {
  CAF_CHECK_EQUAL(read("pyproject.toml",
                       "[build-system]\nrequires = [\"a\", 'b>=1']\n[project]\nname = \"n\"\n"
                       "dependencies = [\n  \"c[x]==1\", # \"note\"\n  \"d\"\n]\nversion = \"1\"\n"
                       "[project.optional-dependencies]\ntest = [\"e\"]\n"),
                  "a|; b|>=1; c|[x]==1; d|; e|; ");
  CAF_CHECK_EQUAL(
      read("pyproject.toml", "[tool.poetry.dependencies]\npython = \"*\"\na = \"*\"\nb = \"^1\"\n"), "a|; ");
  CAF_CHECK_EQUAL(read("pyproject.toml", "[tool.other]\ndependencies = [\"a\"]\n"), "");
}

CAF_TEST(a setup file has indented requirements) {
  CAF_CHECK_EQUAL(
      read("setup.cfg", "[options]\ninstall_requires =\n  a\n  b>=1 # note\n\n  c\nzip_safe = no\n  d\n"),
      "a|; b|>=1; c|; ");
}

CAF_TEST(other files have no requirements) {
  CAF_CHECK_EQUAL(read("README.md", "a\nb>=1\n"), "");
}
