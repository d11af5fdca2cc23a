"""switch-to-configuration: moves the running machine to the system in $TOPLEVEL, by the rules of NixOS's own program.

usage: switch-to-configuration check|switch|boot|test|dry-activate
Exit status: 0 done, 1 usage, check or boot loader, 2 activation failed, 4 a unit failed, 11 another switch runs, 100 reboot needed.
"""
import errno
import fcntl
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import units as U                                                                       # noqa: E402
import userswitch                                                                       # noqa: E402

ACTIONS = ("check", "switch", "boot", "test", "dry-activate")
LISTS = {kind: f"/run/nixos/{kind}-list" for kind in ("start", "restart", "reload")}
NEVER = {"sysinit.target", "basic.target", "multi-user.target", "graphical.target"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def systemctl(*words, capture=False):
    return subprocess.run(("systemctl",) + words, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE if capture else sys.stderr)


def loaded_units():
    """{name: (active, sub)} of what is not inactive."""
    out = systemctl("list-units", "--all", "--full", "--plain", "--no-legend", "--no-pager", capture=True).stdout
    rows = (line.split(None, 4) for line in out.splitlines() if line.strip())
    return {r[0]: (r[2], r[3]) for r in rows if len(r) > 3 and r[2] != "inactive"}


def failing_units():
    """Failed, or between two restarts with the last run having failed; of the whole machine, whosever they are."""
    bad = []
    for name, (active, sub) in loaded_units().items():
        if active == "failed":
            bad.append(name)
        elif sub == "auto-restart":
            status = systemctl("show", "-P", "ExecMainStatus", name, capture=True).stdout.strip()
            if status not in ("", "0"):
                bad.append(name)
    return sorted(bad)


class Plan:
    """Which units to stop, start, restart, reload and skip. What must happen after activation is also kept in files, so that
    an interrupted switch is completed by the next."""

    def __init__(self, record):
        self.record = record
        self.stop, self.skip, self.hidden = set(), set(), set()
        self.start, self.restart, self.reload = (set(self.read(k)) for k in ("start", "restart", "reload"))

    @staticmethod
    def read(kind):
        try:
            with open(LISTS[kind]) as f:
                return [line for line in f.read().splitlines() if line]
        except FileNotFoundError:
            return []

    def add(self, kind, unit):
        getattr(self, kind).add(unit)
        if self.record:
            with open(LISTS[kind], "a") as f:
                f.write(unit + "\n")

    def no_reload(self, unit):
        self.reload.discard(unit)

    def changed(self, unit, info, new, active):
        """A running unit whose file differs: the table of NixOS, in its order."""
        suffix = unit.rsplit(".", 1)[1]
        if unit in NEVER or suffix in ("slice", "path", "socket"):
            return
        if suffix == "mount":
            self.add("reload" if unit in ("-.mount", "nix.mount") else "restart", unit)
        elif U.flag(info, "Service", "X-ReloadIfChanged", False) and unit not in self.restart and unit not in self.stop:
            self.add("reload", unit)
        elif (not U.flag(info, "Service", "X-RestartIfChanged", True) or U.flag(info, "Unit", "RefuseManualStop", False)
              or U.flag(info, "Unit", "X-OnlyManualStart", False)):
            self.skip.add(unit)
        elif not U.flag(info, "Service", "X-StopIfChanged", True) or suffix != "service":
            self.add("restart", unit)
            self.no_reload(unit)
        else:
            sockets = " ".join(info.get("Service", {}).get("Sockets", [])).split() or [unit[:-len("service")] + "socket"]
            activated = False
            for socket in sockets:
                if socket in active:
                    self.stop.add(socket)
                    if new.has(socket):
                        self.add("start", socket)
                        activated = True
            if not activated or U.flag(info, "Service", "X-NotSocketActivated", False):
                self.add("start", unit)
            self.stop.add(unit)
            self.no_reload(unit)

    def compare(self, old, new, active):
        for unit, (state, _) in sorted(active.items()):
            # Targets that the new system hangs units into are started again, to bring up what is new below them.
            if unit.endswith(".target") and state == "active":
                if (new.has(unit) or unit in new.wanting()) and not (
                        U.flag(new.info(unit), "Unit", "RefuseManualStart", False) or U.flag(new.info(unit), "Unit", "X-OnlyManualStart", False)):
                    self.add("start", unit)
                    self.hidden.add(unit)
                if new.has(unit):
                    if U.flag(new.info(unit), "Unit", "X-StopOnReconfiguration", False):
                        self.stop.add(unit)
                    continue
            if state not in ("active", "activating", "reloading") or not old.has(unit):
                continue
            if not new.has(unit):
                if U.flag(old.info(unit), "Unit", "X-StopOnRemoval", True):
                    self.stop.add(unit)
                continue
            before, after = old.info(unit), new.info(unit)
            verdict = U.compare(before, after)
            if verdict == U.RESTART:
                self.changed(unit, after, new, active)
            elif verdict == U.RELOAD and unit not in self.restart:
                self.add("reload", unit)

    def shown(self, kind):
        return ", ".join(sorted(getattr(self, kind) - self.hidden, key=str.lower))


def dry(plan):
    for kind, verb in (("stop", "would stop"), ("skip", "would NOT stop")):
        if plan.shown(kind):
            say(f"{verb} the following {'changed ' if kind == 'skip' else ''}units: {plan.shown(kind)}")
    say("would activate the configuration...")
    for kind in ("reload", "restart", "start"):
        if plan.shown(kind):
            say(f"would {kind} the following units: {plan.shown(kind)}")
    return 0


def settle():
    """Waits until jobs have neither come nor gone for a quarter of a second; 90 s at most. A job that is there all the
    time is no unrest: it may be the unit that this very switch runs in."""
    deadline, quiet, before = time.monotonic() + 90, 0, None
    while quiet < 2 and time.monotonic() < deadline:
        time.sleep(0.125)
        jobs = systemctl("list-jobs", "--no-legend", "--plain", capture=True).stdout.strip()
        quiet = quiet + 1 if jobs == before else 0
        before = jobs


def phase(plan, kind, verb):
    """Runs one kind of job over its units; the list file goes only when that is done. Gives the units whose reload
    failed: they stay active, so that looking at states alone would not show it."""
    names = sorted(getattr(plan, kind))
    failed = []
    if names:
        if plan.shown(kind):
            say(f"{verb} the following units: {plan.shown(kind)}")
        for unit in names if kind == "reload" else ():
            # A unit that stopped meanwhile is no reason to fail.
            if systemctl("reload", "--", unit).returncode != 0 and systemctl("is-active", "--quiet", "--", unit).returncode == 0:
                failed.append(unit)
        if kind != "reload":
            systemctl(kind, "--", *names)
    if os.path.exists(LISTS[kind]):
        os.unlink(LISTS[kind])
    return failed


def boot_loader(top):
    """The stand-in for a boot loader: /boot/default names what stage 2 activates. /boot/broken makes it fail, for tests."""
    if os.path.exists("/boot/broken"):
        say("Failed to install bootloader")
        return False
    os.makedirs("/boot", exist_ok=True)
    if os.path.lexists("/boot/default.new"):
        os.unlink("/boot/default.new")
    os.symlink(top, "/boot/default.new")
    os.rename("/boot/default.new", "/boot/default")
    return True


def read(path):
    with open(path) as f:
        return f.read()


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in ACTIONS:
        say(__doc__)
        return 1
    action, top = sys.argv[1], os.path.realpath(os.environ["TOPLEVEL"])
    if os.geteuid() != 0:
        say("switch-to-configuration: must be root")
        return 1
    os.environ["NIXOS_ACTION"] = action
    os.makedirs("/run/nixos", mode=0o755, exist_ok=True)
    lock = os.open("/run/nixos/switch-to-configuration.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        say("Could not acquire lock")
        return e.errno or errno.EAGAIN

    checks = f"{top}/pre-switch-checks"
    if os.path.exists(checks) and os.environ.get("NIXOS_NO_CHECK") != "1" and action not in ("boot", "dry-activate"):
        if subprocess.run([checks, top, action]).returncode != 0:
            say("Pre-switch checks failed")
            return 1
    if action == "check":
        return 0
    if action in ("switch", "boot"):
        if not boot_loader(top):
            return 1
        os.sync()
    if action == "boot":
        return 0
    # The first switch of a fresh machine has no system to compare with.
    current = "/run/current-system/init-interface-version"
    if os.path.exists(current) and read(current) != read(f"{top}/init-interface-version"):
        say("Warning: the new NixOS configuration has an ‘init’ that is incompatible with the current configuration. "
            "The new configuration won't take effect until you reboot the system.")
        return 100

    static = os.path.realpath("/etc/static")
    old, new = U.Units(f"{static}/systemd/system"), U.Units(f"{top}/etc/systemd/system")
    active = loaded_units()
    plan = Plan(record=action != "dry-activate")
    plan.compare(old, new, active)
    if action == "dry-activate":
        return dry(plan)

    code = 0
    if plan.stop:
        if plan.shown("stop"):
            say(f"stopping the following units: {plan.shown('stop')}")
        systemctl("stop", "--", *sorted(plan.stop))
    if plan.skip:
        say(f"NOT restarting the following changed units: {plan.shown('skip')}")
    say("activating the configuration...")
    if subprocess.run([f"{top}/activate", top], stdout=sys.stderr).returncode != 0:
        code = 2
    systemctl("reset-failed")
    systemctl("daemon-reload")
    if not userswitch.switch_all(f"{static}/systemd/user", f"{top}/etc/systemd/user", say):
        code = 4
    subprocess.run(["systemd-tmpfiles", "--create", "--remove", "--exclude-prefix=/dev"], stdout=sys.stderr)
    unreloaded = phase(plan, "reload", "reloading")
    phase(plan, "restart", "restarting")
    phase(plan, "start", "starting")
    settle()
    fresh = sorted(set(n for n, s in loaded_units().items() if s[0] in ("active", "activating")) - set(active) - plan.start - plan.restart)
    fresh = [n for n in fresh if new.has(n)]
    if fresh:
        say(f"the following new units were started: {', '.join(fresh)}")
    bad = sorted({*failing_units(), *unreloaded})
    if bad:
        say(f"warning: the following units failed: {', '.join(bad)}")
        systemctl("status", "--no-pager", "--full", "--lines=10", "--", *bad)
        code = 4
    return code


sys.exit(main())
