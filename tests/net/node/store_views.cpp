// Sizes are as short as they are clear, and what is not there takes no column.
#define CAF_SUITE net.node.store_views
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/net/node/views.hpp>

using namespace troupe;

CAF_TEST(a usage is three tables) {
  StoreUsage usage;
  auto* runs = usage.add_kinds();
  runs->set_tenant("acme");
  runs->set_kind("run");
  runs->set_entities(2);
  runs->set_events(10);
  runs->set_event_bytes(1536);
  runs->set_objects(1);
  runs->set_object_bytes(3u << 20);
  runs->set_mean_bytes(1023);
  runs->set_largest_bytes(150u << 20);
  runs->set_leaving(1);
  runs->set_leaving_bytes(20u << 10);
  auto* largest = usage.add_largest();
  largest->set_ref("acme/run/r");
  largest->set_events(9);
  largest->set_bytes(5ull << 40);
  auto* journal = usage.add_spaces();
  journal->set_space("journal");
  journal->set_rows(10);
  journal->set_bytes(0);
  usage.set_objects(1);
  usage.set_object_bytes(2048ull << 40);
  CAF_CHECK_EQUAL(show(usage, {}),
                  "TENANT  KIND  COUNT  EVENTS        OBJECTS      MEAN    LARGEST  LEAVING NEXT\n"
                  "acme    run   2      10, 1.50 KiB  1, 3.00 MiB  1023 B  150 MiB  1, 20.0 KiB\n"
                  "\n"
                  "LARGEST     EVENTS  BYTES\n"
                  "acme/run/r  9       5.00 TiB\n"
                  "\n"
                  "SPACE    ROWS  BYTES\n"
                  "journal  10    0 B\n"
                  "objects  1     2048 TiB\n");
}

CAF_TEST(an empty store says so) {
  CAF_CHECK(show(StoreUsage{}, {}).starts_with("nothing is stored\n"));
}
