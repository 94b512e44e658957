// An address of a database is seen for what it is, and none with a password is let through or shown.
#define CAF_SUITE runtime.store_address
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/store_address.hpp>

using namespace troupe;

CAF_TEST(no address and addresses in both forms are right) {
  for (auto text :
       {"", "  ", "postgresql://", "postgres://troupe@db:5432/troupe?sslmode=verify-full",
        "postgresql://troupe@[::1]:5432/t?passfile=pgpass", "host=db dbname=troupe passfile=pgpass",
        "host=/var/run/postgresql", "postgresql://u@h/d?application_name=a:b@c"})
    CAF_CHECK_EQUAL(check_store_address(text).value_or("right"), "right");
}

CAF_TEST(what is no address is refused) {
  for (auto text : {"x", "db.example", "mysql//a"})
    CAF_CHECK(check_store_address(text));
}

CAF_TEST(a password is refused in whatever form and never shown) {
  for (auto text : {"postgresql://troupe:hush@db/troupe", "postgres://:hush@db", "postgresql://u:hush@",
                    "postgresql://db/t?user=u&password=hush", "postgresql://db/t?password=hush",
                    "postgresql://db/t?p%61ssword=hush", "host=db password=hush", "password = hush host=db",
                    "host=db\tpassword=hush", "host=db sslpassword=hush", "postgresql://u:hu@sh@db/t"}) {
    auto why = check_store_address(text);
    CAF_REQUIRE(why);
    CAF_CHECK(why->find("passfile") != std::string::npos);
    CAF_CHECK(why->find("hush") == std::string::npos);
  }
}
