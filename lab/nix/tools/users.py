"""Merges declared users and groups into passwd, group, shadow, subuid and subgid (users.mutableUsers = true).

Accounts that were never declared stay; those that were and are not any more go (their homes stay). Ids once given are kept; a declared id that differs from the one in use is not taken
over, as NixOS does it too (it warns).
"""
import json
import os
import sys

SUB_START, SUB_COUNT = 100000, 65536
DECLARED = "/var/lib/nixos/declarative-users"


def load(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [line.rstrip("\n").split(":") for line in f if line.strip()]


def store(path, rows, mode):
    text = "".join(":".join(map(str, row)) + "\n" for row in rows)
    if os.path.exists(path):
        with open(path) as f:
            if f.read() == text:
                return
    with open(path + ".new", "w") as f:
        os.fchmod(f.fileno(), mode)
        f.write(text)
    os.rename(path + ".new", path)


def free_id(taken, low, high, downwards=False):
    span = range(high, low - 1, -1) if downwards else range(low, high + 1)
    return next(i for i in span if i not in taken)


def pick(declared, current, taken, normal, what):
    if current is not None:
        if declared is not None and declared != current:
            print(f"warning: not applying {what} id change {current} -> {declared}", file=sys.stderr)
        return current
    if declared is not None:
        return declared
    return free_id(taken, 1000, 29999) if normal else free_id(taken, 400, 999, downwards=True)


def merge_groups(spec, rows):
    by_name = {r[0]: r for r in rows}
    for g in spec["groups"]:
        row = by_name.get(g["name"])
        taken = {int(r[2]) for r in by_name.values()}
        gid = pick(g["gid"], int(row[2]) if row else None, taken, False, f"group {g['name']}")
        members = set(g["members"]) | {u["name"] for u in spec["users"] if g["name"] in u["extraGroups"]}
        kept = row[3].split(",") if row and row[3] else []
        known = {u["name"] for u in spec["users"]}
        members |= {m for m in kept if m not in known}
        by_name[g["name"]] = [g["name"], "x", str(gid), ",".join(sorted(members))]
    return list(by_name.values())


def merge_users(spec, rows, gids):
    by_name = {r[0]: r for r in rows}
    for u in spec["users"]:
        row = by_name.get(u["name"])
        taken = {int(r[2]) for r in by_name.values()} | {v["uid"] for v in spec["users"] if v["uid"] is not None}
        uid = pick(u["uid"], int(row[2]) if row else None, taken, u["isNormalUser"], f"user {u['name']}")
        by_name[u["name"]] = [u["name"], "x", str(uid), gids[u["group"]], u["description"], u["home"], u["shell"]]
        if u["createHome"] and not os.path.isdir(u["home"]):
            os.makedirs(u["home"], exist_ok=True)
            os.chown(u["home"], uid, int(gids[u["group"]]))
            os.chmod(u["home"], int(u["homeMode"], 8))
    return list(by_name.values())


def merge_sub(spec, rows, key, start):
    """Declared ranges replace a user's former ones; automatic ones are given once and kept."""
    for u in spec["users"]:
        mine = [r for r in rows if r[0] == u["name"]]
        if u[key]:
            rows = [r for r in rows if r[0] != u["name"]] + [[u["name"], str(x[start]), str(x["count"])] for x in u[key]]
        elif u["autoSubUidGidRange"] and not mine:
            end = max([SUB_START] + [int(r[1]) + int(r[2]) for r in rows])
            rows = rows + [[u["name"], str(end), str(SUB_COUNT)]]
    return rows


def main(path):
    with open(path) as f:
        spec = json.load(f)
    groups = merge_groups(spec, load("/etc/group"))
    users = merge_users(spec, load("/etc/passwd"), {r[0]: r[2] for r in groups})
    names = [u["name"] for u in spec["users"]]
    gone = {r[0] for r in load(DECLARED)} - set(names)
    users = [r for r in users if r[0] not in gone]
    shadow = [r for r in load("/etc/shadow") if r[0] not in gone]
    have = {r[0] for r in shadow}
    shadow += [[u["name"], "!", "1", "", "", "", "", "", ""] for u in spec["users"] if u["name"] not in have]
    store("/etc/group", groups, 0o644)
    store("/etc/passwd", users, 0o644)
    store("/etc/shadow", shadow, 0o640)
    store("/etc/subuid", merge_sub(spec, load("/etc/subuid"), "subUidRanges", "startUid"), 0o644)
    store("/etc/subgid", merge_sub(spec, load("/etc/subgid"), "subGidRanges", "startGid"), 0o644)
    os.makedirs(os.path.dirname(DECLARED), exist_ok=True)
    store(DECLARED, [[n] for n in sorted(names)], 0o644)


main(sys.argv[1])
