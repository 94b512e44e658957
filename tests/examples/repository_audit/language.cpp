// A file's language comes from its name, and else from its first line.
#define CAF_SUITE examples.repository_audit.language
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/language.hpp"

using namespace troupe::audit;

CAF_TEST(a name or an extension tells the language) {
  struct row {
    std::string_view path;
    language lang;
  };
  for (const auto& [path, lang] : {
           row{"a/b.c", language::c},
           row{"a/b.HPP", language::cpp},
           row{"b.pyi", language::python},
           row{"b.mjs", language::javascript},
           row{"b.tsx", language::typescript},
           row{"b.sh", language::shell},
           row{"package.json", language::json},
           row{"c.yml", language::yaml},
           row{"x/CMakeLists.txt", language::cmake},
           row{"Dockerfile", language::dockerfile},
           row{"Dockerfile.prod", language::dockerfile},
           row{"web.dockerfile", language::dockerfile},
           row{"nginx.conf", language::nginx},
           row{".env", language::ini},
           row{".env.production", language::ini},
           row{"main.tf", language::terraform},
           row{"README.md", language::markdown},
           row{"photo.png", language::other},
           row{".c", language::other},
           row{"Makefile", language::other},
       })
    CAF_CHECK_EQUAL(static_cast<int>(language_of(path, {})), static_cast<int>(lang));
}

CAF_TEST(a first line tells the language of a file without extension) {
  CAF_CHECK(language_of("run", "#!/bin/sh") == language::shell);
  CAF_CHECK(language_of("run", "#! /usr/bin/env bash\r") == language::shell);
  CAF_CHECK(language_of("run", "#!/usr/bin/env -S LANG=C python3.11 -u") == language::python);
  CAF_CHECK(language_of("run", "#!/usr/bin/node") == language::javascript);
  CAF_CHECK(language_of("run", "#!/usr/bin/perl") == language::other);
  CAF_CHECK(language_of("run", "#!") == language::other);
  CAF_CHECK(language_of("run.txt", "#!/bin/sh") == language::other);
}

CAF_TEST(every language has a name of its own) {
  CAF_CHECK_EQUAL(name_of(language::cpp), "c++");
  CAF_CHECK_EQUAL(name_of(language::other), "other");
}
