"""Links a system's etc/ into /etc, through /etc/static, as activation does.

Links of the old system that the new one does not have go away; files that the distribution owns are left alone unless the
configuration sets the same name. Entries with a mode are copied; which ones is kept in /etc/.clean.
"""
import os
import pwd
import grp
import shutil
import sys

STATIC, CLEAN = "/etc/static", "/etc/.clean"


def replace_link(target, link):
    """Atomically makes `link` a symbolic link to `target`."""
    os.makedirs(os.path.dirname(link), exist_ok=True)
    if os.path.islink(link) and os.readlink(link) == target:
        return
    if os.path.isdir(link) and not os.path.islink(link):
        shutil.rmtree(link)
    fresh = link + ".tmp"
    if os.path.lexists(fresh):
        os.unlink(fresh)
    os.symlink(target, fresh)
    os.rename(fresh, link)


def entries(root):
    """Every file below root, as a path relative to it; links to directories are walked, for unit directories are such."""
    for name in sorted(os.listdir(root)):
        path = os.path.join(root, name)
        # A relative link inside (multi-user.target.wants/x -> ../x) and a mask count as files.
        if os.path.isdir(path) and os.path.realpath(path) != "/dev/null":
            for below in entries(path):
                yield os.path.join(name, below)
        else:
            yield name


def numeric(name, lookup):
    return int(name[1:]) if name.startswith("+") else lookup(name)


def read(path):
    with open(path) as f:
        return f.read().strip()


def copy(source, target, mode, uid, gid):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    fresh = target + ".tmp"
    shutil.copyfile(source, fresh)
    os.chown(fresh, numeric(uid, lambda n: pwd.getpwnam(n).pw_uid), numeric(gid, lambda n: grp.getgrnam(n).gr_gid))
    os.chmod(fresh, int(mode, 8))
    os.rename(fresh, target)


def prune(wanted):
    """Removes links into the old system that the new one lacks."""
    for where, _, files in os.walk("/etc"):
        for name in files:
            path = os.path.join(where, name)
            if os.path.islink(path) and os.readlink(path).startswith(STATIC + "/") and os.path.relpath(path, "/etc") not in wanted:
                os.unlink(path)
    for where, _, _ in os.walk("/etc/systemd", topdown=False):
        if where.endswith((".wants", ".requires", ".upholds", ".d")) and not os.listdir(where):
            os.rmdir(where)


def main(root):
    real = os.path.realpath(root)
    replace_link(real, STATIC)
    names = list(entries(real))
    sidecars = {n + s for n in names if n + ".mode" in names for s in (".mode", ".uid", ".gid")}
    copied, wanted = set(), set()
    for name in names:
        if name in sidecars:
            continue
        target = "/etc/" + name
        if name + ".mode" in sidecars:
            mode = read(f"{real}/{name}.mode")
            if mode == "direct-symlink":
                replace_link(os.readlink(f"{real}/{name}"), target)
                wanted.add(name)
            else:
                copy(f"{real}/{name}", target, mode, read(f"{real}/{name}.uid"), read(f"{real}/{name}.gid"))
                copied.add(name)
        else:
            # A directory link of the former system may stand where files go now.
            replace_link(f"{STATIC}/{name}", target)
            wanted.add(name)
    prune(wanted)
    old = set(read(CLEAN).splitlines()) if os.path.exists(CLEAN) else set()
    for gone in old - copied - wanted:
        if os.path.exists("/etc/" + gone):
            os.unlink("/etc/" + gone)
    with open(CLEAN, "w") as f:
        f.write("".join(n + "\n" for n in sorted(copied)))


main(sys.argv[1])
