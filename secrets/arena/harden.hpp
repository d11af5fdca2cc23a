#pragma once

namespace hwcsync::secrets {

// Makes this process one that may hold secrets: no core dump (also none through a pipe handler), no ptrace by
// the same uid, and the crypto library initialised. To be called once, before any key is read; idempotent.
// Throws SystemError. Side effect: /proc/self belongs to root from here on.
void harden_process();

}  // namespace hwcsync::secrets
