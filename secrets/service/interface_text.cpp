#include "secrets/service/interface.hpp"

namespace hwcsync::secrets {

const char* interface_text() noexcept {
  return R"(# The secrets service of hwcsync, version 1. Only root is answered. No reply holds a secret, and neither does a
# parameter: what comes in is encrypted, what goes out are names, facts and numbers. Every reply has "version".
interface io.hwcsync.Secrets

# An encrypted file as it stands in the repository: its Git blob id and its bytes in base64.
type Ciphertext (id: string, data: string)

# What can be said of one file of a manifest, compared with what is served now under the same uid and path.
# fact: same | rotated | unknown (nothing to compare with) | undecryptable (then with the reason).
type Fact (path: string, stack: string, name: string, uid: int, fact: string, reason: ?string)

# bound: where the user finds it; empty without a runtime directory. problem: why it is not bound or not served.
type View (uid: int, path: string, bound: string, problem: string, files: int, taken_over: bool, requests_lost: bool)

# op: open | read | deny. view: whose. result: "ok" or why not. exe, unit and container are labels, not proofs.
type Access (time: string, op: string, view: int, uid: int, gid: int, pid: int, exe: string, unit: string,
  container: string, generation: string, path: string, stack: string, secret: string, result: string)

type Counts (opens: int, reads: int, denials: int, dropped: int)

# Decrypts, compares and forgets. manifest: see docs/formats.md.
method Facts(manifest: object, ciphertexts: []Ciphertext) -> (version: int, facts: []Fact)

# Decrypts and keeps beside what is served; stores the encrypted files so that a restart can serve the generation.
# generation is the SHA-256 of the canonical manifest, which names every ciphertext.
method Stage(manifest: object, ciphertexts: []Ciphertext) -> (version: int, generation: string, facts: []Fact)

# Serves a staged or stored generation in all views, mounting those that are missing. Files that are open go on to
# show their own generation, except for names that the new one lacks: those are refused. not_shown: the views of its
# users that are not there or show something else; what only keeps one out of a runtime directory does not count.
method Flip(generation: string) -> (version: int, not_shown: []View)

# Forgets a generation in memory and on disk.
method Drop(generation: string) -> (version: int)

# Mounts the view of a user where it is not, and binds it to /run/user/<uid>/secrets where that is possible.
# Refused with NotServing while a recorded generation exists and cannot be served.
method Mount(uid: int) -> (version: int, view: View)

# Reads the identities again, and the generation that the running system names, and serves that one; in the middle of
# a run the one that was flipped to goes on. What could not be decrypted is tried again.
method Reload() -> (version: int, generation: string)

# generation: served; recorded: named by the running system; problem: why these differ; lacks: what the backend (fuse
# or ramfs) cannot do, a sentence each.
method Status() -> (version: int, generation: string, recorded: string, problem: string, staged: []string,
  views: []View, failures: []Fact, recipients: []string, identity_problems: []string, audit: Counts,
  locked_bytes: int, backend: string, lacks: []string)

# The newest accesses first; of one stack when it is given; since: a time (RFC 3339, UTC, milliseconds) before which
# none is wanted.
method Audit(limit: ?int, stack: ?string, since: ?string) -> (version: int, records: []Access, counts: Counts)

# No such generation is staged or stored.
error UnknownGeneration (generation: string, reason: string)
# It is served, or the running system names it.
error GenerationInUse (generation: string, reason: string)
# The manifest cannot be used, or a ciphertext that it names was not given.
error BadManifest (reason: string)
error NotServing (reason: string)
error Failed (reason: string)
)";
}

}  // namespace hwcsync::secrets
