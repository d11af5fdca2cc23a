#include "secrets/arena/harden.hpp"

#include "src/base/error.hpp"

#include <sodium.h>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace hwcsync::secrets {

void harden_process() {
  if (::sodium_init() < 0) throw Error("cannot initialise", "libsodium", "no source of random numbers");
  // RLIMIT_CORE alone does not stop a core handler behind a pipe (systemd-coredump); the dumpable flag does.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw_errno("cannot forbid core dumps of", "this process");
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) throw_errno("cannot set", "RLIMIT_CORE");
}

}  // namespace hwcsync::secrets
