"""Unit files: reading them, comparing two versions, and what a change asks for. No call to systemd in here."""
import glob
import os
import re

UPSTREAM = "/usr/lib/systemd/system"
# Changes of these leave a running unit alone.
QUIET = {"X-Reload-Triggers", "Description", "Documentation", "OnFailure", "OnSuccess", "OnFailureJobMode", "IgnoreOnIsolate",
         "StopWhenUnneeded", "RefuseManualStart", "RefuseManualStop", "AllowIsolate", "CollectMode", "SourcePath"}
EQUAL, RELOAD, RESTART = "equal", "reload", "restart"


def parse_file(path, into):
    """Adds the keys of one file: {section: {key: [values]}}; an empty value forgets the earlier ones. [Install] is skipped."""
    section = None
    pending = ""
    with open(path) as f:
        for line in f:
            line = pending + line.rstrip("\n")
            pending = ""
            if line.endswith("\\"):
                pending = line[:-1] + " "
                continue
            text = line.strip()
            if not text or text[0] in "#;":
                continue
            if text[0] == "[" and text[-1] == "]":
                section = text[1:-1]
            elif section and section != "Install" and "=" in text:
                key, value = (s.strip() for s in text.split("=", 1))
                values = into.setdefault(section, {}).setdefault(key, [])
                if value:
                    values.append(value)
                else:
                    values.clear()


class Units:
    """The units of one system, below `directory`; a unit may be a drop-in for one of the distribution's."""

    def __init__(self, directory, upstream=UPSTREAM):
        self.directory, self.upstream = directory, upstream

    def files(self, name):
        """Main file and drop-ins of a unit, an instance's template included; empty when this system does not have it."""
        found = []
        template = re.sub(r"^(.*@)[^.]*(\..*)$", r"\1\2", name)
        for unit in dict.fromkeys([name, template]):
            base = os.path.join(self.directory, unit)
            drops = sorted(glob.glob(glob.escape(base) + ".d/*.conf"))
            if os.path.lexists(base):
                found = [base] + drops + found
            elif drops:
                theirs = os.path.join(self.upstream, unit)
                found = ([theirs] if os.path.exists(theirs) else []) + drops + found
        return found

    def has(self, name):
        files = self.files(name)
        return bool(files) and os.path.realpath(files[0]) != "/dev/null"

    def info(self, name):
        data = {}
        for path in self.files(name):
            if os.path.realpath(path) != "/dev/null":
                parse_file(path, data)
        return data

    def wanting(self):
        """Units that something of this system is hung into, as multi-user.target."""
        return {os.path.basename(d).rsplit(".", 1)[0] for s in ("wants", "requires", "upholds")
                for d in glob.glob(f"{self.directory}/*.{s}")}

    def names(self):
        return {n for n in os.listdir(self.directory) if not n.endswith((".wants", ".requires", ".upholds", ".d"))} | \
               {n[:-2] for n in os.listdir(self.directory) if n.endswith(".d")} if os.path.isdir(self.directory) else set()


def flag(info, section, key, default):
    values = info.get(section, {}).get(key)
    return values[-1] in ("1", "yes", "true", "on") if values else default


def compare(old, new):
    """EQUAL, RELOAD (only reload triggers, or only a mount's options, differ) or RESTART."""
    result = EQUAL
    for section in sorted(set(old) | set(new)):
        a, b = old.get(section, {}), new.get(section, {})
        if section != "Unit" and (section not in old or section not in new):
            return RESTART
        for key in set(a) | set(b):
            if a.get(key) == b.get(key):
                continue
            if section == "Unit" and key == "X-Reload-Triggers":
                # A trigger that only went away asks for nothing.
                result = RELOAD if key in b else result
            elif section == "Mount" and key == "Options" and key in a and key in b:
                result = RELOAD
            elif section != "Unit" or key not in QUIET:
                return RESTART
    return result
