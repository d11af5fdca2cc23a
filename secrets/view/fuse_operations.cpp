#include "secrets/view/fuse_operations.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

using Node = ViewSnapshot::Node;
using Kind = ViewSnapshot::Kind;

// Sixteen pages a request: most secrets are one.
constexpr unsigned kMaxWrite = 64U << 10U;

FuseServer& server_of(fuse_req_t request) noexcept {
  return *static_cast<FuseServer*>(fuse_req_userdata(request));
}

Caller caller_of(fuse_req_t request) noexcept {
  const fuse_ctx* context = fuse_req_ctx(request);
  return {.uid = context->uid, .gid = context->gid, .tid = context->pid};
}

// Runs one operation. It gives 0 when it has answered and the errno to answer with otherwise; it must not
// throw after it has answered.
template <typename Body>
void answer(fuse_req_t request, Body body) noexcept {
  int code = EIO;
  try {
    code = body(server_of(request));
  } catch (...) {
    code = EIO;
  }
  if (code != 0) fuse_reply_err(request, code);
}

struct stat attributes(const ViewSnapshot& snapshot, const ViewOwner& owner, const Node& node) noexcept {
  struct stat out {};
  out.st_ino = node.id;
  out.st_nlink = node.kind == Kind::directory ? 2 : 1;
  out.st_uid = node.entry != nullptr ? node.entry->uid : owner.uid;
  out.st_gid = node.entry != nullptr ? node.entry->gid : 0;
  out.st_size = static_cast<off_t>(snapshot.content(node).size());
  out.st_blksize = 4096;
  out.st_blocks = (out.st_size + 511) / 512;
  out.st_atim.tv_sec = out.st_mtim.tv_sec = out.st_ctim.tv_sec = snapshot.since();
  switch (node.kind) {
    case Kind::directory:
      // Who may enter is decided by us; the mode tells people what to expect.
      out.st_mode = S_IFDIR | 0555;
      break;
    case Kind::marker:
      out.st_mode = S_IFREG | 0444;
      break;
    case Kind::file:
      out.st_mode = S_IFREG | (node.entry->mode & 0555U);
      break;
  }
  return out;
}

std::string path_of(const ViewSnapshot& snapshot, const Node& node) {
  std::string path = node.name;
  for (NodeId id = node.parent; id != kRootNode;) {
    const Node* parent = snapshot.find(id);
    if (parent == nullptr) break;
    path.insert(0, parent->name + '/');
    id = parent->parent;
  }
  return path;
}

AccessEvent event_for(AccessEvent::Op op, const ViewOwner& owner, const ViewSnapshot& snapshot, Caller caller,
                      const std::string& path, const ViewEntry* entry, int result) {
  AccessEvent event{.op = op,
                    .view = owner.uid,
                    .caller = caller,
                    .generation = snapshot.generation(),
                    .path = path,
                    .result = result};
  if (entry != nullptr) {
    event.stack = entry->stack;
    event.secret = entry->secret;
  }
  return event;
}

// A refusal at a name: of a directory below the root it is known which stack it belongs to.
AccessEvent refusal_at(const ViewOwner& owner, const ViewSnapshot& snapshot, Caller caller,
                       const std::string& path, const Node* node) {
  AccessEvent event = event_for(AccessEvent::Op::deny, owner, snapshot, caller, path,
                                node != nullptr ? node->entry : nullptr, EACCES);
  if (node != nullptr && node->id != kRootNode && node->kind == Kind::directory && !node->children.empty()) {
    const ViewEntry* below = node->children.front()->entry;
    if (below != nullptr) event.stack = below->stack;
  }
  return event;
}

}  // namespace

const fuse_lowlevel_ops& FuseOperations::table() noexcept {
  static const fuse_lowlevel_ops operations = [] {
    fuse_lowlevel_ops made{};
    made.init = &init;
    made.lookup = &lookup;
    made.forget = &forget;
    made.forget_multi = &forget_multi;
    made.getattr = &getattr;
    made.open = &open;
    made.read = &read;
    made.release = &release;
    made.opendir = &opendir;
    made.readdir = &readdir;
    made.releasedir = &releasedir;
    made.statfs = &statfs;
    made.access = &access;
    return made;
  }();
  return operations;
}

// What is agreed here must stay the same over versions: the kernel heard only the first server's answer.
void FuseOperations::init(void*, fuse_conn_info* connection) noexcept {
  connection->max_write = kMaxWrite;
  connection->max_readahead = 0;
}

void FuseOperations::lookup(fuse_req_t request, fuse_ino_t parent, const char* name) noexcept {
  answer(request, [&](FuseServer& server) {
    const auto state = server.state_.load();
    const ViewSnapshot& snapshot = *state->snapshot;
    const Caller caller = caller_of(request);
    const Node* directory = snapshot.find(parent);
    const Node* node = nullptr;
    if (directory != nullptr && directory->kind == Kind::directory) node = snapshot.child(*directory, name);
    // A stranger learns no names, so a name that is not there is refused like one that is.
    const Node& judged = node != nullptr ? *node : snapshot.root();
    if (decide(state->owner, caller, judged) == Verdict::deny) {
      const std::string path = node != nullptr ? path_of(snapshot, *node) : std::string(name);
      server.report(refusal_at(state->owner, snapshot, caller, path, node));
      return EACCES;
    }
    if (node == nullptr) return ENOENT;
    fuse_entry_param entry{};
    entry.ino = node->id;
    entry.attr = attributes(snapshot, state->owner, *node);
    fuse_reply_entry(request, &entry);  // both timeouts 0: the kernel asks again each time
    return 0;
  });
}

// Ids follow from names, so there is nothing to count.
void FuseOperations::forget(fuse_req_t request, fuse_ino_t, std::uint64_t) noexcept {
  fuse_reply_none(request);
}

void FuseOperations::forget_multi(fuse_req_t request, std::size_t, fuse_forget_data*) noexcept {
  fuse_reply_none(request);
}

void FuseOperations::getattr(fuse_req_t request, fuse_ino_t id, fuse_file_info* file) noexcept {
  answer(request, [&](FuseServer& server) {
    const auto state = server.state_.load();
    const Node* node = state->snapshot->find(id);
    if (node == nullptr) return ESTALE;
    // The root may be looked at by all: mount, df and findmnt do.
    if (id != kRootNode && decide(state->owner, caller_of(request), *node) == Verdict::deny) return EACCES;
    struct stat found = attributes(*state->snapshot, state->owner, *node);
    if (file != nullptr && node->kind == Kind::file) {
      if (const auto opened = server.opened_in(file->fh, *state)) {
        const Node* then = opened->find(id);
        if (then != nullptr) found.st_size = static_cast<off_t>(opened->content(*then).size());
      }
    }
    fuse_reply_attr(request, &found, 0.0);
    return 0;
  });
}

void FuseOperations::open(fuse_req_t request, fuse_ino_t id, fuse_file_info* file) noexcept {
  answer(request, [&](FuseServer& server) {
    const auto state = server.state_.load();
    const ViewSnapshot& snapshot = *state->snapshot;
    const Caller caller = caller_of(request);
    const Node* node = snapshot.find(id);
    // A container may have bound a name that this generation has no more.
    if (node == nullptr) return EACCES;
    if (node->kind == Kind::directory) return EISDIR;
    if ((file->flags & O_ACCMODE) != O_RDONLY) return EROFS;
    int code = 0;
    if (decide(state->owner, caller, node->kind == Kind::marker ? snapshot.root() : *node) == Verdict::deny) {
      code = EACCES;
    } else if (node->entry != nullptr && !node->entry->failure.empty()) {
      code = EIO;
    }
    if (node->entry != nullptr || code != 0) {
      const auto op = code == EACCES ? AccessEvent::Op::deny : AccessEvent::Op::open;
      server.report(
          event_for(op, state->owner, snapshot, caller, path_of(snapshot, *node), node->entry, code));
    }
    if (code != 0) return code;
    file->fh = server.pin(state->snapshot, id);
    file->direct_io = 1;
    file->keep_cache = 0;
    // The caller was killed meanwhile: no RELEASE will come.
    if (fuse_reply_open(request, file) == -ENOENT) server.unpin(file->fh);
    return 0;
  });
}

void FuseOperations::read(fuse_req_t request, fuse_ino_t id, std::size_t size, off_t offset,
                          fuse_file_info* file) noexcept {
  answer(request, [&](FuseServer& server) {
    const auto state = server.state_.load();
    const Caller caller = caller_of(request);
    const Node* now = state->snapshot->find(id);
    const auto opened = server.opened_in(file->fh, *state);
    const Node* then = opened ? opened->find(id) : nullptr;
    const bool allowed = now != nullptr && now->kind != Kind::directory &&
                         decide(state->owner, caller,
                                now->kind == Kind::marker ? state->snapshot->root() : *now) == Verdict::allow;
    const ViewEntry* entry = now != nullptr ? now->entry : (then != nullptr ? then->entry : nullptr);
    const auto report = [&](AccessEvent::Op op, int code) {
      const std::string path = now != nullptr    ? path_of(*state->snapshot, *now)
                               : then != nullptr ? path_of(*opened, *then)
                                                 : std::string();
      server.report(event_for(op, state->owner, *state->snapshot, caller, path, entry, code));
    };
    if (!allowed) {
      report(AccessEvent::Op::deny, EACCES);
      return EACCES;
    }
    if (then == nullptr) return ESTALE;
    // Opened by a predecessor, and decrypted again without the key: empty would look like its value.
    if (then->entry != nullptr && !then->entry->failure.empty()) {
      report(AccessEvent::Op::read, EIO);
      return EIO;
    }
    if (offset == 0 && entry != nullptr) report(AccessEvent::Op::read, 0);
    const Bytes content = opened->content(*then);
    const std::size_t from = std::min(static_cast<std::size_t>(std::max<off_t>(offset, 0)), content.size());
    const std::size_t count = std::min(size, content.size() - from);
    // From locked memory straight to writev: libfuse makes no copy of this buffer.
    fuse_reply_buf(request, count == 0 ? nullptr : reinterpret_cast<const char*>(content.data() + from),
                   count);
    return 0;
  });
}

void FuseOperations::release(fuse_req_t request, fuse_ino_t, fuse_file_info* file) noexcept {
  server_of(request).unpin(file->fh);
  fuse_reply_err(request, 0);
}

void FuseOperations::opendir(fuse_req_t request, fuse_ino_t id, fuse_file_info* file) noexcept {
  answer(request, [&](FuseServer& server) {
    const auto state = server.state_.load();
    const Caller caller = caller_of(request);
    const Node* node = state->snapshot->find(id);
    if (node == nullptr) return EACCES;
    if (node->kind != Kind::directory) return ENOTDIR;
    if (decide(state->owner, caller, *node) == Verdict::deny) {
      server.report(refusal_at(state->owner, *state->snapshot, caller,
                               id == kRootNode ? "." : path_of(*state->snapshot, *node), node));
      return EACCES;
    }
    fuse_reply_open(request, file);
    return 0;
  });
}

void FuseOperations::readdir(fuse_req_t request, fuse_ino_t id, std::size_t size, off_t offset,
                             fuse_file_info*) noexcept {
  answer(request, [&](FuseServer& server) {
    const auto state = server.state_.load();
    const Caller caller = caller_of(request);
    const Node* node = state->snapshot->find(id);
    if (node == nullptr || node->kind != Kind::directory) return ENOENT;
    if (decide(state->owner, caller, *node) == Verdict::deny) return EACCES;
    std::vector<char> buffer(std::min<std::size_t>(size, kMaxWrite));
    std::size_t used = 0;
    // Positions: 1 and 2 for the dots, then the children in order, seen or not.
    for (auto at = static_cast<std::size_t>(std::max<off_t>(offset, 0)); at < node->children.size() + 2;
         ++at) {
      struct stat kind {};
      std::string name = at == 0 ? "." : "..";
      kind.st_ino = at == 0 ? node->id : node->parent;
      kind.st_mode = S_IFDIR;
      if (at >= 2) {
        const Node& child = *node->children[at - 2];
        const Node& judged = child.kind == Kind::marker ? state->snapshot->root() : child;
        if (decide(state->owner, caller, judged) == Verdict::deny) continue;
        name = child.name;
        kind.st_ino = child.id;
        kind.st_mode = child.kind == Kind::directory ? S_IFDIR : S_IFREG;
      }
      const std::size_t need = fuse_add_direntry(request, buffer.data() + used, buffer.size() - used,
                                                 name.c_str(), &kind, static_cast<off_t>(at + 1));
      if (need > buffer.size() - used) break;
      used += need;
    }
    fuse_reply_buf(request, buffer.data(), used);
    return 0;
  });
}

void FuseOperations::releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info*) noexcept {
  fuse_reply_err(request, 0);
}

void FuseOperations::statfs(fuse_req_t request, fuse_ino_t) noexcept {
  struct statvfs numbers {};
  numbers.f_bsize = 4096;
  numbers.f_frsize = 4096;
  numbers.f_namemax = 255;
  fuse_reply_statfs(request, &numbers);
}

void FuseOperations::access(fuse_req_t request, fuse_ino_t id, int mask) noexcept {
  answer(request, [&](FuseServer& server) {
    const auto state = server.state_.load();
    const Node* node = state->snapshot->find(id);
    if (node == nullptr) return EACCES;
    if ((mask & W_OK) != 0) return EROFS;
    const Node& judged = node->kind == Kind::marker ? state->snapshot->root() : *node;
    if (decide(state->owner, caller_of(request), judged) == Verdict::deny) return EACCES;
    if ((mask & X_OK) != 0 && node->kind != Kind::directory) return EACCES;
    fuse_reply_err(request, 0);
    return 0;
  });
}

}  // namespace hwcsync::secrets
