// WORKFLOW CATALOG COMMANDS: published workflows, and how they go from node to node.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/definition_file.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/signing_key.hpp>
#include <troupe/net/node/spec_files.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/net/node/workflow_export.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

template <size_t Size>
caf::expected<int> place_in(const std::string_view (&words)[Size], const std::string& word,
                            std::string_view what) {
  auto found = std::find(std::begin(words), std::end(words), word);
  if (found == std::end(words))
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is no {}: {}", word, what, fmt::join(words, ", ")));
  return static_cast<int>(found - std::begin(words));
}

// What a publication, an import and a rollback say besides.
template <class Command>
caf::error complete(const cli_arguments& said, Command& command) {
  constexpr std::string_view sources[] = {"user", "system", "automated"};
  auto source = place_in(sources, said.source.empty() ? "user" : said.source, "source");
  if (!source)
    return std::move(source.error());
  command.set_source(static_cast<RevisionSource>(*source));
  command.set_note(said.note);
  if (said.expect.empty())
    return {};
  uint64_t expected = 0;
  auto end = said.expect.data() + said.expect.size();
  auto [stopped, wrong] = std::from_chars(said.expect.data(), end, expected);
  if (wrong != std::errc{} || stopped != end)
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is no revision: a whole number, 0 for none yet", said.expect));
  command.set_expected(expected);
  return {};
}

// All workflows of a working spec, unless one of its gates fails.
caf::expected<int> publish_spec(cli_session& at, const std::string& text, PublishWorkflow in) {
  auto& said = at.said();
  if (!said.id.empty() || !said.expect.empty() || said.parent > 0)
    return make_error(
        ec::invalid_argument,
        fmt::format("{} is a working spec: --name, --expect and --parent are of one workflow", said.file));
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto checked = check_spec(at, said.file, text);
  if (auto failed = refusal_of(checked.report)) {
    at.show(checked.report, show(checked.report, at.how()));
    return failed;
  }
  if (!checked.material.published)
    return make_error(ec::unavailable, checked.material.not_asked);
  if (in.note().empty())
    in.set_note(checked.material.read.spec.deploy().note());
  for (auto& one : checked.material.workflows) {
    *in.mutable_definition() = one.read.definition;
    auto published = (*node)->publish(in);
    if (!published)
      return std::move(published.error());
    at.show(*published, show(*published, at.how()));
  }
  return 0;
}

caf::expected<int> publish(cli_session& at) {
  PublishWorkflow in;
  if (auto wrong = complete(at.said(), in))
    return wrong;
  if (auto text = read_text_file(at.said().file, limits::definition_bytes); text && is_spec(*text))
    return publish_spec(at, *text, std::move(in));
  auto definition = read_definition_file(at.said().file);
  if (!definition)
    return std::move(definition.error());
  *in.mutable_definition() = std::move(*definition);
  in.set_workflow(at.said().id);
  in.set_parent(at.said().parent);
  return ask_and_show(at, [&](control_client& node) { return node.publish(in); });
}

caf::expected<int> list(cli_session& at) {
  ListWorkflows in;
  in.set_limit(at.said().limit);
  in.set_all(at.said().all);
  return ask_and_show(at, [&](control_client& node) { return node.workflows(in); });
}

caf::expected<PublishedWorkflow> read_published(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  GetWorkflow in;
  in.set_workflow(at.said().id);
  in.set_revision(at.said().revision);
  in.set_hash(at.said().hash);
  return (*node)->workflow(in);
}

caf::expected<int> show_one(cli_session& at) {
  constexpr std::string_view formats[] = {"yaml", "json"};
  auto format = place_in(formats, at.said().format.empty() ? "yaml" : at.said().format, "format");
  if (!format)
    return std::move(format.error());
  auto found = read_published(at);
  if (!found)
    return std::move(found.error());
  auto& revision = found->revision();
  if (*format == 1)
    return at.show(*found, printable(to_json(found->definition()), true));
  auto head = fmt::format("# {}, revision {} of {}, by {}, {}\n", found->workflow().workflow(),
                          revision.number(), found->workflow().revisions(), revision.by(), revision.hash());
  head += show_rollout(found->workflow(), "# ");
  return at.show(*found, printable(head + to_yaml(found->definition()), true));
}

caf::expected<int> versions(cli_session& at) {
  ListRevisions in;
  in.set_workflow(at.said().id);
  return ask_and_show(at, [&](control_client& node) { return node.revisions(in); });
}

caf::expected<int> roll_back(cli_session& at) {
  RollbackWorkflow in;
  if (auto wrong = complete(at.said(), in))
    return wrong;
  in.set_workflow(at.said().id);
  in.set_to(at.said().to_revision);
  return ask_and_show(at, [&](control_client& node) { return node.roll_back(in); });
}

caf::expected<int> deprecate(cli_session& at) {
  DeprecateRevision in;
  in.set_workflow(at.said().id);
  in.set_revision(at.said().revision);
  in.set_reason(at.said().reason);
  in.set_undo(at.said().undo);
  return ask_and_show(at, [&](control_client& node) { return node.deprecate(in); });
}

caf::expected<int> archive(cli_session& at) {
  ArchiveWorkflow in;
  in.set_workflow(at.said().id);
  in.set_undo(at.said().undo);
  return ask_and_show(at, [&](control_client& node) { return node.archive(in); });
}

caf::expected<int> set_policy(cli_session& at) {
  constexpr std::string_view policies[] = {"pinned", "auto", "migrate"};
  auto policy = place_in(policies, at.said().text, "policy");
  if (!policy)
    return std::move(policy.error());
  SetUpgradePolicy in;
  in.set_workflow(at.said().id);
  in.set_policy(static_cast<UpgradePolicy>(*policy));
  return ask_and_show(at, [&](control_client& node) { return node.set_upgrades(in); });
}

caf::expected<int> make_key(cli_session& at) {
  auto made = make_signing_key(at.said().file);
  if (!made)
    return std::move(made.error());
  SignedWorkflow key; // only its signer: whoever asks for JSON gets the name it has in an export
  key.set_signer(*made);
  at.hint("this is the public key; whoever imports says --trust with it");
  return at.show(key, *made + "\n");
}

caf::expected<int> export_one(cli_session& at) {
  auto found = read_published(at);
  if (!found)
    return std::move(found.error());
  auto text = export_workflow(found->definition(), at.said().key);
  if (!text)
    return std::move(text.error());
  if (auto failed = write_text_file(at.said().out, *text))
    return failed;
  return at.show(found->revision(), show(found->revision(), at.how()));
}

// Nothing if who signed is trusted.
caf::error mistrust(const cli_arguments& said, const std::string& signer) {
  if (said.trust_any)
    return {};
  auto keys = trusted_keys(said.trust);
  if (!keys)
    return std::move(keys.error());
  if (std::find(keys->begin(), keys->end(), signer) != keys->end())
    return {};
  return make_error(
      ec::permission_denied,
      fmt::format("{} is signed by {}, whom nobody here trusts; if you know that key, `troupe workflow "
                  "import {} --trust {}`",
                  said.file, signer, said.file, signer));
}

caf::expected<int> import_one(cli_session& at) {
  auto& said = at.said();
  PublishWorkflow in;
  if (auto wrong = complete(said, in))
    return wrong;
  auto text = read_text_file(said.file, limits::message_bytes);
  if (!text)
    return std::move(text.error());
  auto read = import_workflow(*text);
  if (!read)
    return make_error(code_of(read.error()), fmt::format("{}: {}", said.file, text_of(read.error())));
  if (auto refused = mistrust(said, read->signer))
    return refused;
  *in.mutable_definition() = std::move(read->definition);
  in.set_parent(said.parent);
  if (in.note().empty())
    in.set_note("imported, signed by " + read->signer);
  return ask_and_show(at, [&](control_client& node) -> caf::expected<WorkflowRevision> {
    auto published = node.publish(in);
    if (published && published->hash() != read->hash)
      return make_error(ec::from_future,
                        "the node gives another hash to what was imported: it is of another version");
    return published;
  });
}

} // namespace

std::vector<cli_command> workflow_catalog_commands() {
  const cli_option name{"NAME", &cli_arguments::id, "Name or ref of a published workflow", true};
  const cli_option file{"FILE", &cli_arguments::file, "Workflow in YAML or JSON, or a working spec", true};
  const cli_option revision{"--revision", &cli_arguments::revision, "Which one [the current]"};
  const cli_option note{"--note", &cli_arguments::note, "Why, for people"};
  const cli_option source{"--source", &cli_arguments::source,
                          "Who decided: user, system or automated [user]"};
  const cli_option parent{"--parent", &cli_arguments::parent, "Revision it was made from [the current]"};
  const cli_option expect{"--expect", &cli_arguments::expect,
                          "Only if this revision is current; 0: only if there is none"};
  const cli_option undo{"--undo", &cli_arguments::undo, "The other way round"};
  constexpr std::string_view next = "troupe workflow list";
  return {
      {"workflow publish",
       "Make a definition the current revision of its name; or all of a working spec whose gates pass",
       {file, note, parent, source, expect, {"--name", &cli_arguments::id, "Ref, for another tenant"}},
       publish,
       next},
      {"workflow list",
       "Published workflows",
       {{"--all", &cli_arguments::all, "Archived ones, too"},
        {"--limit", &cli_arguments::limit, "At most this many [100]"}},
       list},
      {"workflow show",
       "The definition of a published workflow",
       {name,
        revision,
        {"--hash", &cli_arguments::hash, "The newest revision whose hash begins so"},
        {"--format", &cli_arguments::format, "yaml or json [yaml]"}},
       show_one,
       next},
      {"workflow versions", "All revisions of a workflow, as a tree", {name}, versions, next},
      {"workflow rollback",
       "Make the definition of an earlier revision the current one again",
       {name, {"--to", &cli_arguments::to_revision, "The earlier revision", true}, note, source, expect},
       roll_back,
       next},
      {"workflow deprecate",
       "Let nobody start an old revision any more",
       {name,
        {"--revision", &cli_arguments::revision, "Which one", true},
        {"--reason", &cli_arguments::reason, "Why, for people"},
        undo},
       deprecate,
       next},
      {"workflow policy",
       "Say what open runs do when a revision is published",
       {name, {"POLICY", &cli_arguments::text, "pinned, auto or migrate", true}},
       set_policy,
       next},
      {"workflow archive", "Let nobody start or publish a workflow any more", {name, undo}, archive, next},
      {"workflow keygen",
       "Make a key that signs exports, and print its public key",
       {{"FILE", &cli_arguments::file, "Where to; must not exist", true}},
       make_key,
       "troupe workflow keygen FILE"},
      {"workflow export",
       "Write a revision into a signed file",
       {name,
        revision,
        {"--key", &cli_arguments::key, "File with a signing key", true},
        {"--out", &cli_arguments::out, "Where to", true}},
       export_one,
       next},
      {"workflow import",
       "Publish what somebody has exported",
       {{"FILE", &cli_arguments::file, "What was exported", true},
        {"--trust", &cli_arguments::trust, "Public key of a signer, or a file with some; may be repeated"},
        {"--trust-any", &cli_arguments::trust_any, "Whoever signed it"},
        note,
        parent,
        source,
        expect},
       import_one,
       "troupe help workflow import"},
  };
}

} // namespace troupe
