// SERVICE BOOK: versions of rows, and how they are merged.
// Invariant: no row has a version above that of its part.

#include <troupe/net/cluster/service_book.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/messages.hpp>

namespace troupe {

told_services::told_services(std::string node, uint64_t incarnation) {
  now_.set_node(std::move(node));
  now_.set_incarnation(incarnation);
}

void told_services::set(const std::vector<ServiceRow>& rows, uint64_t queued, uint64_t running) {
  now_.set_queued(queued);
  now_.set_running(running);
  std::map<std::string, ServiceRow> fresh;
  auto version = now_.version() + 1;
  auto changed = false;
  for (auto row : rows) {
    auto known = rows_.find(row.agent());
    row.set_version(known == rows_.end() ? version : known->second.version());
    if (known == rows_.end() || !equal(row, known->second)) {
      row.set_version(version);
      changed = true;
    }
    fresh.emplace(row.agent(), std::move(row));
  }
  for (auto& [agent, row] : rows_)
    if (fresh.count(agent) == 0) {
      left_.emplace_back(agent, version);
      changed = true;
    }
  rows_ = std::move(fresh);
  for (; left_.size() > limits::gone_services; left_.pop_front())
    forgotten_ = left_.front().second;
  if (changed)
    now_.set_version(version);
}

ServiceReport told_services::report(uint64_t incarnation, uint64_t since) const {
  auto answer = now_;
  answer.set_whole(incarnation != now_.incarnation() || since < forgotten_ || since > now_.version());
  for (auto& [agent, row] : rows_)
    if (answer.whole() || row.version() > since)
      *answer.add_rows() = row;
  for (auto& [agent, version] : left_)
    if (!answer.whole() && version > since && rows_.count(agent) == 0) {
      auto* row = answer.add_rows();
      row->set_agent(agent);
      row->set_version(version);
      row->set_gone(true);
    }
  return answer;
}

std::vector<ServiceRow> told_services::rows() const {
  std::vector<ServiceRow> all;
  for (auto& [agent, row] : rows_)
    all.push_back(row);
  return all;
}

bool service_book::merge(const ServiceReport& report, int64_t now_ms) {
  auto known = parts_.find(report.node());
  auto is_new = known == parts_.end() || known->second.incarnation < report.incarnation();
  if (!is_new &&
      (known->second.incarnation > report.incarnation() || known->second.version > report.version()))
    return false;
  if (is_new && !report.whole())
    return false;
  auto& told = parts_[report.node()];
  if (report.whole())
    told.rows.clear();
  told.incarnation = report.incarnation();
  told.version = report.version();
  told.heard_ms = now_ms;
  told.queued = report.queued();
  told.running = report.running();
  for (auto& row : report.rows()) {
    auto there = told.rows.find(row.agent());
    if (there != told.rows.end() && there->second.version() >= row.version())
      continue;
    if (row.gone())
      told.rows.erase(row.agent());
    else
      told.rows[row.agent()] = row;
  }
  return true;
}

void service_book::drop(const std::string& node) {
  parts_.erase(node);
}

ReportServices service_book::question(const std::string& node) const {
  ReportServices asked;
  asked.set_node(node);
  if (auto known = parts_.find(node); known != parts_.end()) {
    asked.set_incarnation(known->second.incarnation);
    asked.set_since(known->second.version);
  }
  return asked;
}

} // namespace troupe
