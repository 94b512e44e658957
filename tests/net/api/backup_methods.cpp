// What is asked about backups goes to the node's own part for them; a node without one says how to get one.
#define CAF_SUITE net.api.backup_methods
#include "tests/support/served.hpp"

CAF_TEST_FIXTURE_SCOPE(backup_method_tests, troupe::desk_house)

using namespace troupe;

CAF_TEST(a node without backups says what to do) {
  for (auto& refusal :
       {call<BackupList>(ListBackups{}).error(), call<BackupWork>(TakeBackup{}).error(),
        call<BackupWork>(VerifyBackup{}).error(), call<BackupWork>(GetBackupWork{}).error()}) {
    CAF_CHECK(refusal == ec::conflict);
    CAF_CHECK(text_of(refusal).find("`troupe backup create --backups DIR`") != std::string::npos);
  }
  auto status = answered(call<NodeStatus>(GetStatus{}, true));
  CAF_CHECK(!status.has_backup());
}

CAF_TEST(each question reaches the part that keeps the backups) {
  play(
      std::string{services::backups},
      [](const ListBackups& in) {
        BackupList list;
        list.set_directory(in.context().principal());
        return list;
      },
      [](const TakeBackup&) {
        BackupWork work;
        work.set_ticket(1);
        return work;
      },
      [](const VerifyBackup& in) {
        BackupWork work;
        work.set_ticket(100 + in.id());
        return work;
      },
      [](const GetBackupWork& in) {
        BackupWork work;
        work.set_ticket(in.ticket());
        return work;
      },
      [](const GetBackupStatus&) {
        BackupStatus status;
        status.set_overdue(true);
        return status;
      });
  CAF_CHECK(answered(call<BackupList>(ListBackups{})).directory() == "ada");
  CAF_CHECK_EQUAL(answered(call<BackupWork>(TakeBackup{})).ticket(), 1u);
  VerifyBackup check;
  check.set_id(7);
  CAF_CHECK_EQUAL(answered(call<BackupWork>(check)).ticket(), 107u);
  GetBackupWork look;
  look.set_ticket(9);
  CAF_CHECK_EQUAL(answered(call<BackupWork>(look)).ticket(), 9u);
  CAF_CHECK(answered(call<NodeStatus>(GetStatus{}, true)).backup().overdue());
}

CAF_TEST_FIXTURE_SCOPE_END()
