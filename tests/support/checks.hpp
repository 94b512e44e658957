// CHECKS: CAF's comparisons, but of copies. Its own keep references to what they compare, which is gone when that was part of a
// temporary: CAF_CHECK_EQUAL(answer().text(), "yes"). Every suite gets this by its precompiled header.
#pragma once

#include <caf/test/unit_test.hpp>

#undef CAF_SUITE // each suite says its own

#undef CAF_CHECK_FUNC
#define CAF_CHECK_FUNC(func, x_expr, y_expr)                                                                 \
  do {                                                                                                       \
    func comparator;                                                                                         \
    auto x_val___ = x_expr;                                                                                  \
    auto y_val___ = y_expr;                                                                                  \
    static_cast<void>(::caf::test::detail::check(::caf::test::engine::current_test(), __FILE__, __LINE__,    \
                                                 CAF_FUNC_EXPR(func, x_expr, y_expr), false,                 \
                                                 comparator(x_val___, y_val___), x_val___, y_val___));       \
    ::caf::test::engine::last_check_file(__FILE__);                                                          \
    ::caf::test::engine::last_check_line(__LINE__);                                                          \
  } while (false)

#undef CAF_REQUIRE_FUNC
#define CAF_REQUIRE_FUNC(func, x_expr, y_expr)                                                               \
  do {                                                                                                       \
    func comparator;                                                                                         \
    auto x_val___ = x_expr;                                                                                  \
    auto y_val___ = y_expr;                                                                                  \
    auto holds = ::caf::test::detail::check(::caf::test::engine::current_test(), __FILE__, __LINE__,         \
                                            CAF_FUNC_EXPR(func, x_expr, y_expr), false,                      \
                                            comparator(x_val___, y_val___), x_val___, y_val___);             \
    if (!holds)                                                                                              \
      ::caf::test::detail::requirement_failed(CAF_FUNC_EXPR(func, x_expr, y_expr));                          \
    ::caf::test::engine::last_check_file(__FILE__);                                                          \
    ::caf::test::engine::last_check_line(__LINE__);                                                          \
  } while (false)
