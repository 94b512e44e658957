// BACKUP METHODS: the backups of a running node, which its own part takes.

#include <troupe/net/api/asking.hpp>

namespace troupe {
namespace {

template <class Reply, class Question>
void ask_backups(const control_call& call, const Question& in, reply_to<Reply> reply) {
  if (!call.desk->outside->names->find(std::string{services::backups}))
    return reply(make_error(ec::conflict,
                            "this node takes no backups: give it a directory for them under [backup] in "
                            "its configuration, or stop it and use `troupe backup create --backups DIR`"));
  ask_for(call, std::string{services::backups}, in, std::move(reply));
}

} // namespace

void serve(const control_call& call, const ListBackups& in, reply_to<BackupList> reply) {
  ask_backups(call, in, std::move(reply));
}

void serve(const control_call& call, const TakeBackup& in, reply_to<BackupWork> reply) {
  ask_backups(call, in, std::move(reply));
}

void serve(const control_call& call, const VerifyBackup& in, reply_to<BackupWork> reply) {
  ask_backups(call, in, std::move(reply));
}

void serve(const control_call& call, const GetBackupWork& in, reply_to<BackupWork> reply) {
  ask_backups(call, in, std::move(reply));
}

} // namespace troupe
