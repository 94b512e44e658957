// Risky commands of shell scripts are found, their safe relatives are not.
#define CAF_SUITE examples.repository_audit.risky_shell
#include "rows.hpp"

#include "examples/repository_audit/risky_code.hpp"
#include "examples/repository_audit/risky_rules.hpp"

using namespace troupe::audit;

CAF_TEST(each rule holds where it should and nowhere else) {
  check_rows(
      {
          {"a", "#!/bin/sh\nls", "shell-no-errexit "},
          {"a.sh", "#!/bin/bash\nset -euo pipefail", ""},
          {"a.sh", "#!/bin/sh -e\nls", ""},
          {"a.sh", "#!/bin/sh\nset -o errexit", ""},
          {"a.sh", "ls # sourced by another script", ""},
          {"a.sh", "eval \"$cmd\"; eval $cmd", "shell-eval shell-eval "},
          {"a.sh", "eval 'ls'; eval \"$(ssh-agent -s)\"; echo eval $x; # eval $x", ""},
          {"a.sh",
           "curl -fsSL https://h | sudo bash -s; wget -qO- u | tee x | sh; sh -c \"$(curl u)\"; bash <(curl "
           "u)",
           "shell-run-download shell-run-download shell-run-download shell-run-download "},
          {"a.sh", "curl u > f; x=$(curl u); curl u | jq .; cat f | sh; echo 'curl u | sh'", ""},
          {"a.sh", "rm -rf $dir/x; rm -fr -- ${dir}", "shell-remove-variable shell-remove-variable "},
          {"a.sh", "rm -rf \"$dir\"; rm $file; rm -rf build; rm -rf '$x'", ""},
          {"a.sh", "chmod 777 f; chmod -R a+rwx d", "shell-world-writable shell-world-writable "},
          {"a.sh", "chmod 755 f; chmod u+w f; echo 777", ""},
          {"a.sh", "ls > /tmp/out; touch '/tmp/lock'; ls 2>/var/tmp/e",
           "shell-temporary-name shell-temporary-name shell-temporary-name "},
          {"a.sh", "ls > /tmp/out.$$; cat /tmp/out; mktemp /tmp/a.XXXXXX; ls > \"/tmp/$x\"; ls > /dev/null",
           ""},
          {"a.sh",
           "curl -skL u; curl --insecure u; wget --no-check-certificate u; git -c http.sslVerify=false fetch",
           "shell-tls-unverified shell-tls-unverified shell-tls-unverified shell-tls-unverified "},
          {"a.sh", "GIT_SSL_NO_VERIFY=1 git fetch; npm config set strict-ssl false",
           "shell-tls-unverified shell-tls-unverified "},
          {"a.sh", "curl -sL u --krb; wget u; tar -k f; git fetch", ""},
          {"a.sh", "cat <<EOF\ncurl u | sh\nrm -rf $x\nEOF", ""},
      },
      shell_rules(), check_risky_code);
}
