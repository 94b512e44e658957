// The graph of one block: which steps lead to which. Pure; keeps references into the definition.
#pragma once

#include <optional>
#include <string_view>
#include <troupe/runtime/proto/definition.pb.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::definitions {

/// The steps of a definition, or of a block in it.
using step_list = google::protobuf::RepeatedPtrField<StepDefinition>;

/// Steps by position, what leads to each, and what comes before what. Steps that are named but do not exist lead
/// nowhere.
class block_graph {
public:
  /// A step that another one needs or catches.
  struct edge {
    size_t from = 0;
    bool catches = false;
    int at = 0; ///< position in `needs` or `catches`
  };

  /// The steps must outlive it. Cost: steps + edges.
  explicit block_graph(const step_list& steps);

  /// How many steps there are.
  size_t size() const;

  /// One of them; n < size().
  const StepDefinition& step(size_t n) const;

  /// The first step with this id.
  std::optional<size_t> find(std::string_view id) const;

  /// What leads to a step; n < size().
  const std::vector<edge>& into(size_t n) const;

  /// The step that this one is the compensation of, the first if there are several; n < size().
  std::optional<size_t> undoes(size_t n) const;

  /// Steps in such an order that each stands behind those that lead to it, as far as cycles allow.
  const std::vector<size_t>& order() const;

  /// Some cycle if there is one, and at most one of steps that hang together: each needs or catches the next, the last
  /// one the first.
  const std::vector<std::vector<size_t>>& cycles() const;

  /// Of each pair: does its first step come before its second one, by edges, transitively? Without cycles. Cost: steps
  /// + edges, for each 64 different first steps.
  std::vector<bool> comes_before(const std::vector<std::pair<size_t, size_t>>& pairs) const;

  /// Edges looked at so far.
  size_t looked_at() const;

private:
  void walk(size_t root);

  const step_list& steps_;
  std::unordered_map<std::string_view, size_t> by_id_;
  std::vector<std::vector<edge>> into_;
  std::vector<std::optional<size_t>> undoes_;
  std::vector<size_t> order_;
  std::vector<std::vector<size_t>> cycles_;
  std::vector<char> marks_; // unseen, open, done
  mutable size_t looked_at_ = 0;
};

} // namespace troupe::definitions
