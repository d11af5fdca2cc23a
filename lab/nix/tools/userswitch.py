"""The part of a switch that concerns the managers of users who are there: reload, restart what changed, start what is new."""
import os
import pwd
import subprocess

import units as U


def managers():
    """Uids whose user manager runs."""
    for name in sorted(os.listdir("/run/user")) if os.path.isdir("/run/user") else []:
        if name.isdigit() and os.path.exists(f"/run/user/{name}/systemd/private"):
            yield int(name)


def ask(user, *words):
    env = {"XDG_RUNTIME_DIR": f"/run/user/{user.pw_uid}", "PATH": os.environ.get("PATH", "/usr/bin"), "HOME": user.pw_dir}
    return subprocess.run(("systemctl", "--user") + words, user=user.pw_uid, group=user.pw_gid, extra_groups=[], env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd="/")


def switch(user, old, new, say):
    rows = ask(user, "list-units", "--all", "--full", "--plain", "--no-legend", "--no-pager").stdout.splitlines()
    active = [r.split(None, 4)[0] for r in rows if r.split(None, 4)[2:3] == ["active"]]
    gone, changed = [], []
    for unit in active:
        if unit.endswith((".target", ".slice")) or not old.has(unit):
            continue
        if not new.has(unit):
            if U.flag(old.info(unit), "Unit", "X-StopOnRemoval", True):
                gone.append(unit)
            continue
        info = new.info(unit)
        if (U.compare(old.info(unit), info) == U.RESTART and U.flag(info, "Service", "X-RestartIfChanged", True)
                and not unit.endswith(".socket")):
            changed.append(unit)
    ok = True
    if gone:
        ask(user, "stop", "--", *gone)
    ok &= ask(user, "daemon-reload").returncode == 0
    if changed:
        say(f"restarting the following user units of {user.pw_name}: {', '.join(changed)}")
        ok &= ask(user, "restart", "--", *changed).returncode == 0
    targets = [u for u in active if u in new.wanting()]
    if targets:
        ok &= ask(user, "start", "--", *targets).returncode == 0
    return ok


def switch_all(old, new, say):
    upstream = "/usr/lib/systemd/user"
    ok = True
    for uid in managers():
        try:
            user = pwd.getpwuid(uid)
        except KeyError:
            continue
        if not switch(user, U.Units(old, upstream), U.Units(new, upstream), say):
            say(f"warning: the user units of {user.pw_name} did not all switch")
            ok = False
    return ok
