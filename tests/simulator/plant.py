"""Plants faults into copies of product files: plant.py SOURCE_DIR OUT_DIR

The product knows nothing of this. Each fault is a place in one file, which must be there exactly once, and what stands
there instead; the copies are compiled into the simulator's second program, which switches one fault on at a time.
plant.py --files lists the files that have a fault.
"""
import pathlib
import sys

# Name, what it does wrong, file, place, replacement.
FAULTS = [
    ("answer_before_sync", "an entity answers before its events are on disk", "persistence/entity_core.cpp",
     """  doors_->disk->submit(std::move(order));
}

void entity_core::answer(""",
     """  doors_->disk->submit(std::move(order));
  if (planted("answer_before_sync"))
    durable(seq_);
}

void entity_core::answer("""),
    ("query_before_sync", "a query shows what is not on disk yet", "persistence/entity_core.cpp",
     """std::move(reply), {}};
  if (durable_ == seq_)""",
     """std::move(reply), {}};
  if (durable_ == seq_ || planted("query_before_sync"))"""),
    ("skip_deduplication", "some repeated commands are acted on again", "persistence/entity_core.cpp",
     """  if (context.command_id().empty())
    return false;
  const""",
     """  if (context.command_id().empty() || (planted("skip_deduplication") && context.command_id().back() < '8'))
    return false;
  const"""),
    ("forget_window", "a snapshot's replies are not remembered", "persistence/reply_window.cpp",
     "  for (auto& stored : snapshot.replies())\n",
     """  if (!planted("forget_window"))
    for (auto& stored : snapshot.replies())
"""),
    ("stale_incarnation", "appends of an older incarnation are accepted", "persistence/journal_core.cpp",
     """i->second.incarnation != order.incarnation ||
      i->second.last_seq + 1 != order.first_seq)""",
     """(i->second.incarnation != order.incarnation ? !planted("stale_incarnation")
                                                 : i->second.last_seq + 1 != order.first_seq))"""),
    ("append_after_failure", "entities go on appending after a failed write", "persistence/journal_core.cpp",
     "  ++generation_;\n  seats_.clear();",
     """  ++generation_;
  if (!planted("append_after_failure"))
    seats_.clear();"""),
    ("replay_outside_queue", "a replay does not wait for what is queued before it", "persistence/journal_core.cpp",
     "      opens.push_back(std::move(*open));",
     """      if (planted("replay_outside_queue")) {
        entity_reader early{*store_, objects_.get(), open->entity};
        read(*open, seats_[open->entity], early, out);
      } else {
        opens.push_back(std::move(*open));
      }"""),
    ("half_decision", "some decisions are written without their rows", "persistence/journal_core.cpp",
     "  for (auto& row : order.rows) {",
     """  if (planted("half_decision") && order.first_seq % 4 == 3)
    order.rows.clear();
  for (auto& row : order.rows) {"""),
    ("all_of_by_arrival", "all_of answers in the order of arrival", "behaviors/branches.cpp",
     """  auto outcome = std::make_shared<Outcome>();
  for (auto& arm : at.arms) {""",
     """  auto outcome = std::make_shared<Outcome>();
  std::vector<const branch*> arms;
  for (auto& one : at.arms)
    arms.push_back(one.get());
  if (planted("all_of_by_arrival"))
    std::stable_sort(arms.begin(), arms.end(), [](auto* a, auto* b) { return a->moment.now_ms < b->moment.now_ms; });
  for (auto* arm : arms) {"""),
    ("drop_timer", "some timers are not put on the list", "actors/agent/timer_window.cpp",
     "    set(owner, row, at);",
     """    if (!planted("drop_timer") || row.due_ms() % 4 != 3)
      set(owner, row, at);"""),
    ("forget_child", "the last of a group is not started again", "actors/agent/restart.cpp",
     "    if (children[i].kind != restart::temporary)",
     """    if (planted("forget_child") && i != dead && i + 1 == last)
      continue;
    if (children[i].kind != restart::temporary)"""),
    ("uncounted_restart", "restarts are not counted", "actors/agent/restart.cpp",
     "  restarts_.push_back(now);",
     """  if (!planted("uncounted_restart"))
    restarts_.push_back(now);"""),
    ("lose_mail", "mail for somebody who falls asleep wakes nobody", "actors/agent/shard_host.cpp",
     "    if (waking->has(ref) || residents.find(ref) || doors->names->release(ref))",
     """    if (waking->has(ref) || residents.find(ref) || doors->names->release(ref) || planted("lose_mail"))"""),
    ("late_answer", "a tool's answer to an attempt that is over is taken for one to the next", "actors/agent/agent.cpp",
     "    return i != attempts_.end() && i->second->claim() == message.claim() ? i->second.get() : nullptr;",
     """    auto any = std::is_same_v<Message, ToolEnded> && planted("late_answer");
    return i != attempts_.end() && (any || i->second->claim() == message.claim()) ? i->second.get() : nullptr;"""),
    ("late_child", "the child of an attempt that is over answers the next", "actors/workflow/task_life.cpp",
     "  if (cmd.child() != child_ref(where, position, task))",
     """  if (cmd.child() != child_ref(where, position, task) && !planted("late_child"))"""),
    ("repeat_intent", "what must not be repeated is repeated after a crash", "actors/agent/attempt.cpp",
     "  } else if (leaf.intent_recorded) {",
     """  } else if (leaf.intent_recorded && !planted("repeat_intent")) {"""),
    ("early_outbox", "the end of a task is no longer kept for its parent once it was sent", "actors/workflow/task_effects.cpp",
     """      out.outbox(timer_id(where.step, "parent"));""",
     """      if (!planted("early_outbox"))
        out.outbox(timer_id(where.step, "parent"));"""),
    ("erase_too_early", "objects leave before the batch that drops their last record", "persistence/journal_writer.cpp",
     "  result.failed = write(batch, fences);",
     """  if (planted("erase_too_early"))
    accounts.erase_unreferenced();
  result.failed = write(batch, fences);"""),
    ("forget_drop", "what upkeep erases is still counted", "persistence/object_refs.cpp",
     "    if (left)\n      add(",
     """    if (left && !planted("forget_drop"))
      add("""),
    ("forget_expired", "late commands begin anew what was erased", "persistence/retention.cpp",
     "    expire(ref, last_id_of(",
     """    if (!planted("forget_expired"))
      expire(ref, last_id_of("""),
    ("leave_name", "what is erased leaves its name", "persistence/retention.cpp",
     "    batch_.push_back({space::meta, name_key(entity), std::nullopt});",
     """    if (!planted("leave_name"))
      batch_.push_back({space::meta, name_key(entity), std::nullopt});"""),
    ("early_piece", "a rewrite drops what was written meanwhile", "persistence/seal_course.cpp",
     "  order.work = [pass](const store&, const upkeep_order::awake&) { return pass->piece(); };",
     """  auto early = planted("early_piece") ? pass->piece() : write_batch{};
  order.work = [pass, early](const store&, const upkeep_order::awake&) {
    return planted("early_piece") ? early : pass->piece();
  };"""),
    ("key_before_ring", "keys are in force that are not on disk", "persistence/key_ring.cpp",
     "  if (!kept || !*kept)",
     """  if ((!kept || !*kept) && !planted("key_before_ring"))"""),
    ("forget_undo", "what has completed inside of a block is not undone", "actors/workflow/run/settle.cpp",
     """      state.add_undo(at.path);""",
     """      if (!planted("forget_undo") || at.scopes.size() < 2)
        state.add_undo(at.path);"""),
    ("items_by_arrival", "a map gives results in the order of arrival", "actors/workflow/run/settle.cpp",
     """  auto slot = is_map ? static_cast<int>(ended.number()) - 1 : 0;""",
     """  auto position = planted("items_by_arrival") ? step.failed() + step.succeeded() : ended.number();
  auto slot = is_map ? static_cast<int>(position) - 1 : 0;"""),
    ("answer_twice", "the same answer to an approval counts twice", "actors/workflow/run/approvals.cpp",
     """    if (answer.by() == by) {""",
     """    if (answer.by() == by && !planted("answer_twice")) {"""),
    ("lose_signal", "a signal that nobody waits for yet is lost", "actors/workflow/run/commands.cpp",
     """  RunEvent happened;
  auto* signal = happened.mutable_signalled();""",
     """  if (planted("lose_signal") && run_.waiting_for(cmd.name()).empty())
    return std::vector<RunEvent>{};
  RunEvent happened;
  auto* signal = happened.mutable_signalled();"""),
    ("forget_paused", "what ended while its run was paused leads to nothing", "actors/workflow/run/places.cpp",
     """    if (step.status() == STEP_PENDING && !plan.undoes && (step.open() == 0 || plan.definition->has_join()))""",
     """    if (step.status() == STEP_PENDING && !plan.undoes && (step.open() == 0 || plan.definition->has_join()) &&
        !planted("forget_paused"))"""),
    ("forget_kept", "a fork does again what had failed and was handled", "actors/workflow/run/course.cpp",
     """    if (auto at = find(kept.step())) {""",
     """    if (auto at = find(kept.step()); at && (kept.status() != STEP_FAILED || !planted("forget_kept"))) {"""),
    ("count_ended", "an upgrade counts what has ended as if it were to come", "actors/workflow/run/upgrade.cpp",
     """    count_unsettled(at.scope(), -1);
    lead_on(at, at.step->status());""",
     """    if (!planted("count_ended") || at.step->status() != STEP_SKIPPED)
      count_unsettled(at.scope(), -1);
    lead_on(at, at.step->status());"""),
    ("lose_rollout", "that open runs are to follow is not written down with the revision", "actors/workflow/catalog_book.cpp",
     """    out.outbox(rollout_timer(rollout));""",
     """    if (!planted("lose_rollout"))
      out.outbox(rollout_timer(rollout));"""),
    ("lose_child", "the start of a child is not repeated", "actors/workflow/run/effects.cpp",
     """  if (timer == "child")""",
     """  if (timer == "child" && !planted("lose_child"))"""),
]

# Faults that only one workload can find: seeds are spent on that alone.
WORKLOADS = {name: "workflows" for name in ("forget_undo", "items_by_arrival", "answer_twice", "lose_signal", "forget_paused",
                                            "lose_child", "forget_kept", "count_ended", "lose_rollout")}


def files():
    return sorted({file for _, _, file, _, _ in FAULTS})


def plant(source, out):
    for file in files():
        text = (source / file).read_text()
        for name, _, where, place, instead in FAULTS:
            if where != file:
                continue
            if text.count(place) != 1:
                sys.exit(f"{file}: the place of the fault '{name}' is there {text.count(place)} times, not once: "
                         f"say in {pathlib.Path(__file__).name} where it is now")
            text = text.replace(place, instead)
        target = out / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("#include <tests/simulator/planted.hpp>\n" + text)
    rows = "".join(f'      {{"{name}", "{about}", "{file}", "{WORKLOADS.get(name, "")}"}},\n'
                   for name, about, file, _, _ in FAULTS)
    (out / "faults.cpp").write_text(
        "// Generated by plant.py.\n#include <tests/simulator/planted.hpp>\n\nnamespace troupe {\n\n"
        "const std::vector<planted_fault>& planted_faults() {\n"
        f"  static const std::vector<planted_fault> all{{\n{rows}  }};\n  return all;\n}}\n\n}} // namespace troupe\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--files"]:
        print(";".join(files()), end="")
    else:
        plant(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
