// The registry says who exists and can what, and everything it was told survives a crash.
#define CAF_SUITE actors.agent.agent_registry
#include "tests/support/platform.hpp"

#include <troupe/runtime/proto/health.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string registry_ref{services::registry};

std::shared_ptr<agent_parts> greeters() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "greeter", "greet", [](const Task&) { return finish("hello"); });
  teach(*parts, "gardener", "plant", [](const Task&) { return finish("planted"); });
  return parts;
}

struct office : platform {
  office() : platform{greeters()} {}

  static RegisterAgent wish(const std::string& id, const std::string& parent = {}) {
    RegisterAgent cmd;
    cmd.mutable_request()->set_id(id);
    cmd.mutable_request()->set_behavior("greeter");
    cmd.mutable_request()->add_capabilities("greet");
    cmd.mutable_request()->set_parent(parent);
    return cmd;
  }
  AgentRecord describe_agent(const std::string& id) {
    GetAgent cmd;
    cmd.set_id(id);
    return request<AgentRecord>(registry_ref, cmd);
  }
  std::vector<std::string> children_of(const std::string& parent) {
    ListAgents cmd;
    cmd.set_parent(parent);
    cmd.set_only_children(true);
    std::vector<std::string> children;
    auto list = request<AgentList>(registry_ref, cmd);
    for (auto& record : list.agents())
      children.push_back(record.id());
    return children;
  }
  AgentMatch best(const std::string& capability) {
    FindBest cmd;
    cmd.mutable_query()->add_required(capability);
    return request<AgentMatch>(registry_ref, cmd);
  }
  size_t agents_awake() {
    auto names = node->outside()->names->awake();
    return static_cast<size_t>(std::count_if(
        names.begin(), names.end(), [](auto& name) { return name.rfind("default/agent/", 0) == 0; }));
  }
  std::string text_of_refusal(const RegisterAgent& cmd) {
    auto answer = ask<AgentRecord>(registry_ref, cmd);
    return answer ? "registered" : text_of(answer.error());
  }
};

// Gives every field of a message a value that no other field has, all the way down.
void fill(google::protobuf::Message& message, int& counter) {
  auto* reflection = message.GetReflection();
  auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    auto* field = descriptor->field(i);
    ++counter;
    for (int n = 0; n < (field->is_repeated() ? 2 : 1); ++n) {
      auto text = field->name() + "-" + std::to_string(counter) + "-" + std::to_string(n);
      switch (field->cpp_type()) {
      case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
        field->is_repeated() ? reflection->AddString(&message, field, text)
                             : reflection->SetString(&message, field, text);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE:
        fill(field->is_repeated() ? *reflection->AddMessage(&message, field)
                                  : *reflection->MutableMessage(&message, field),
             counter);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnumValue(&message, field, 1);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_INT64:
        reflection->SetInt64(&message, field, counter);
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_UINT32:
        reflection->SetUInt32(&message, field, static_cast<uint32_t>(counter));
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE:
        reflection->SetDouble(&message, field, counter + 0.5);
        break;
      default:
        CAF_FAIL("teach this test the type of " << field->full_name());
      }
    }
  }
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(agent_registry_tests, office)

CAF_TEST(a registered agent is found and got and listed) {
  auto record = request<AgentRecord>(registry_ref, wish("ada"));
  CAF_CHECK_EQUAL(std::string{record.id()}, "ada");
  CAF_CHECK_EQUAL(record.metadata().success_rate(), 1.0);
  CAF_CHECK_EQUAL(int64_t{record.metadata().created_ms()}, time->now_ms());
  CAF_CHECK_EQUAL(std::string{best("greet").id()}, "ada");
  CAF_CHECK(equal(describe_agent("ada"), record));
  FindByCapabilities cmd;
  cmd.mutable_query()->add_required("greet");
  cmd.set_limit(5);
  CAF_CHECK_EQUAL(request<AgentMatches>(registry_ref, cmd).matches_size(), 1);
  CAF_CHECK_EQUAL(request<AgentList>(registry_ref, ListAgents{}).agents_size(), 1);
}

CAF_TEST(every field of a request survives a crash) {
  RegisterAgent cmd;
  int counter = 0;
  fill(*cmd.mutable_request(), counter);
  cmd.mutable_request()->set_id("whole");
  cmd.mutable_request()->set_behavior("greeter");
  request<AgentRecord>(registry_ref, cmd);
  crash_and_recover();
  auto record = describe_agent("whole");
  CAF_CHECK(equal(record.request(), cmd.request()));
  CAF_CHECK(counter > 25);
  GetAgent get;
  get.set_id("whole");
  CAF_CHECK(equal(request<AgentRecord>(agent_ref("whole"), get), record)); // from its log, not from the row
}

CAF_TEST(the same request again is the same agent and another one is refused) {
  auto first = request<AgentRecord>(registry_ref, wish("ada"));
  node->advance(1s);
  CAF_CHECK(equal(request<AgentRecord>(registry_ref, wish("ada")), first));
  auto other = wish("ada");
  other.mutable_request()->add_capabilities("sing");
  CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, other), ec::already_exists);
  crash_and_recover();
  CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, other), ec::already_exists);
  CAF_CHECK(equal(describe_agent("ada"), first));
}

CAF_TEST(an unknown behavior is refused with the nearest name) {
  auto cmd = wish("ada");
  cmd.mutable_request()->set_behavior("greter");
  CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, cmd), ec::not_found);
  CAF_CHECK(text_of_refusal(cmd).find("'greeter'") != std::string::npos);
  CAF_CHECK(request<AgentList>(registry_ref, ListAgents{}).agents().empty());
}

CAF_TEST(an agent that can nothing or has no proper id is refused) {
  auto cmd = wish("ada");
  cmd.mutable_request()->clear_capabilities();
  CAF_CHECK_EQUAL(text_of_refusal(cmd), "agent 'ada' must have at least one capability");
  for (auto bad : {"a b", "a/b", "\n"})
    CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, wish(bad)), ec::invalid_argument);
}

CAF_TEST(an id is made from the domain or else from the behavior) {
  auto cmd = wish("");
  cmd.mutable_request()->set_domain("law");
  auto first = request<AgentRecord>(registry_ref, cmd).id(),
       second = request<AgentRecord>(registry_ref, cmd).id();
  CAF_CHECK(first.rfind("law_", 0) == 0 && first.size() == 12);
  CAF_CHECK(first != second);
  CAF_CHECK(request<AgentRecord>(registry_ref, wish("")).id().rfind("greeter_", 0) == 0);
}

CAF_TEST(a wish without an id sent twice makes one agent) {
  auto cmd = wish("");
  cmd.mutable_context()->set_command_id(node->outside()->ids->next(time->now_ms()));
  auto first = request<AgentRecord>(registry_ref, cmd).id();
  CAF_CHECK(request<AgentRecord>(registry_ref, cmd).id() == first);
  crash_and_recover();
  CAF_CHECK(request<AgentRecord>(registry_ref, cmd).id() == first);
  CAF_CHECK_EQUAL(request<AgentList>(registry_ref, ListAgents{}).agents_size(), 1);
}

CAF_TEST(unknown agents are not found) {
  GetAgent get;
  get.set_id("ghost");
  CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, get), ec::not_found);
  UnregisterAgent retire;
  retire.set_id("ghost");
  CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, retire), ec::not_found);
  SetAgentStatus status;
  status.set_id("ghost");
  CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, status), ec::not_found);
  FindBest cmd;
  cmd.mutable_query()->add_required("fly");
  CAF_CHECK_EQUAL(refusal<AgentMatch>(registry_ref, cmd), ec::no_agent);
  request<AgentRecord>(registry_ref, wish("ada"));
  auto answer = ask<AgentMatch>(registry_ref, cmd);
  CAF_CHECK_EQUAL(text_of(answer.error()), "no agent can fly");
}

CAF_TEST(a retired agent gets no more tasks and stays retired) {
  request<AgentRecord>(registry_ref, wish("ada"));
  UnregisterAgent cmd;
  cmd.set_id("ada");
  auto last = request<AgentRecord>(registry_ref, cmd);
  CAF_CHECK(last.unregistered());
  CAF_CHECK_EQUAL(last.status(), AGENT_OFFLINE);
  CAF_CHECK_EQUAL(refusal<AgentRecord>(registry_ref, cmd), ec::not_found);
  crash_and_recover();
  CAF_CHECK(request<AgentList>(registry_ref, ListAgents{}).agents().empty());
  request<TaskAccepted>("default/task/t", job("greet"));
  CAF_CHECK_EQUAL(task_state("default/task/t").status(), TASK_QUEUED);
  request<AgentRecord>(registry_ref, wish("ada"));
  CAF_CHECK_EQUAL(result_of("default/task/t"), "hello");
}

CAF_TEST(a status is kept and an offline agent is passed by) {
  request<AgentRecord>(registry_ref, wish("ada"));
  SetAgentStatus cmd;
  cmd.set_id("ada");
  cmd.set_status(AGENT_OFFLINE);
  CAF_CHECK_EQUAL(request<AgentRecord>(registry_ref, cmd).status(), AGENT_OFFLINE);
  crash_and_recover();
  CAF_CHECK_EQUAL(describe_agent("ada").status(), AGENT_OFFLINE);
  request<TaskAccepted>("default/task/t", job("greet"));
  CAF_CHECK_EQUAL(task_state("default/task/t").status(), TASK_QUEUED);
  cmd.set_status(AGENT_IDLE);
  request<AgentRecord>(registry_ref, cmd);
  CAF_CHECK_EQUAL(task_state("default/task/t").status(), TASK_COMPLETED);
}

CAF_TEST(a silent agent is offline until it speaks whatever its log says) {
  request<AgentRecord>(registry_ref, wish("ada"));
  AgentSilent heard;
  heard.set_id("ada");
  heard.set_silent(true);
  node->outside()->names->tell(registry_ref, heard);
  node->settle();
  CAF_CHECK_EQUAL(describe_agent("ada").status(), AGENT_OFFLINE);
  CAF_CHECK_EQUAL(uint64_t{request<RegistryStats>(registry_ref, GetRegistryStats{}).offline()}, 1u);
  FindBest find;
  find.mutable_query()->add_required("greet");
  CAF_CHECK_EQUAL(refusal<AgentMatch>(registry_ref, find), ec::no_agent);
  SetAgentStatus cmd;
  cmd.set_id("ada");
  cmd.set_status(AGENT_BUSY);
  request<AgentRecord>(registry_ref, cmd);
  CAF_CHECK_EQUAL(describe_agent("ada").status(), AGENT_OFFLINE);
  heard.set_silent(false);
  node->outside()->names->tell(registry_ref, heard);
  node->settle();
  CAF_CHECK_EQUAL(describe_agent("ada").status(), AGENT_BUSY);
}

CAF_TEST(a scheduler that begins holds nothing against anybody) {
  request<AgentRecord>(registry_ref, wish("ada"));
  AgentSilent heard;
  heard.set_id("ada");
  heard.set_silent(true);
  node->outside()->names->tell(registry_ref, heard);
  node->settle();
  restart_service(services::scheduler, [](auto* parent, auto doors) { return spawn_task_scheduler(parent, doors); });
  CAF_CHECK_EQUAL(describe_agent("ada").status(), AGENT_IDLE);
}

CAF_TEST(statistics count agents and capabilities) {
  request<AgentRecord>(registry_ref, wish("ada"));
  hire("bob", "gardener", {"plant", "greet"});
  SetAgentStatus cmd;
  cmd.set_id("bob");
  cmd.set_status(AGENT_ERROR);
  request<AgentRecord>(registry_ref, cmd);
  auto stats = request<RegistryStats>(registry_ref, GetRegistryStats{});
  CAF_CHECK_EQUAL(uint64_t{stats.agents()}, 2u);
  CAF_CHECK_EQUAL(uint64_t{stats.capabilities()}, 2u);
  CAF_CHECK_EQUAL(uint64_t{stats.idle()}, 1u);
  CAF_CHECK_EQUAL(uint64_t{stats.error()}, 1u);
}

CAF_TEST(a tree of parents four levels deep survives a crash with the same ids) {
  request<AgentRecord>(registry_ref, wish("root"));
  for (std::string parent : {"root", "root.0", "root.0.1"})
    for (int i = 0; i < 2; ++i)
      request<AgentRecord>(registry_ref, wish(parent + "." + std::to_string(i), parent));
  crash_and_recover();
  CAF_CHECK(children_of("") == std::vector<std::string>{"root"});
  CAF_CHECK(children_of("root") == (std::vector<std::string>{"root.0", "root.1"}));
  CAF_CHECK(children_of("root.0") == (std::vector<std::string>{"root.0.0", "root.0.1"}));
  CAF_CHECK(children_of("root.0.1") == (std::vector<std::string>{"root.0.1.0", "root.0.1.1"}));
  CAF_CHECK(children_of("root.0.1.1").empty());
  CAF_CHECK_EQUAL(request<AgentList>(registry_ref, ListAgents{}).agents_size(), 7);
}

CAF_TEST(ten thousand registered agents need no living actor) {
  for (int i = 0; i < 10'000; ++i)
    post<AgentRecord>(registry_ref, wish("agent-" + std::to_string(i)), [](caf::expected<AgentRecord>) {});
  node->settle(10'000'000);
  CAF_CHECK_EQUAL(uint64_t{request<RegistryStats>(registry_ref, GetRegistryStats{}).agents()}, 10'000u);
  CAF_CHECK_EQUAL(agents_awake(), 10'000u);
  node->advance(limits::entity_idle + limits::entity_idle / 4 + 1s);
  CAF_CHECK_EQUAL(agents_awake(), 0u);
  CAF_CHECK_EQUAL(uint64_t{request<RegistryStats>(registry_ref, GetRegistryStats{}).agents()}, 10'000u);
  crash_and_recover();
  CAF_CHECK_EQUAL(agents_awake(), 0u);
  CAF_CHECK_EQUAL(uint64_t{request<RegistryStats>(registry_ref, GetRegistryStats{}).agents()}, 10'000u);
  request<TaskAccepted>("default/task/t", job("greet"));
  CAF_CHECK_EQUAL(result_of("default/task/t"), "hello");
  CAF_CHECK_EQUAL(agents_awake(), 1u);
}

CAF_TEST(a registry that restarts alone reads everything again) {
  auto parts = greeters();
  auto again = [parts](auto* parent, auto doors) { return spawn_agent_registry(parent, doors, parts); };
  request<AgentRecord>(registry_ref, wish("ada"));
  restart_service(services::registry, again);
  CAF_CHECK_EQUAL(std::string{describe_agent("ada").id()}, "ada");
  hire("bob", "gardener", {"plant"});
  CAF_CHECK_EQUAL(request<AgentList>(registry_ref, ListAgents{}).agents_size(), 2);
}

CAF_TEST(what changes while the registry is away is heard of by the scheduler too) {
  auto parts = greeters();
  auto again = [parts](auto* parent, auto doors) { return spawn_agent_registry(parent, doors, parts); };
  request<TaskAccepted>("default/task/t", job("greet"));
  restart_service(services::registry, again, [&] { request<AgentRecord>(agent_ref("ada"), wish("ada")); });
  CAF_CHECK_EQUAL(std::string{describe_agent("ada").id()}, "ada");
  CAF_CHECK_EQUAL(task_state("default/task/t").status(), TASK_COMPLETED);
}

CAF_TEST_FIXTURE_SCOPE_END()
