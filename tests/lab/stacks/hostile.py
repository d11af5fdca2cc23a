"""Stacks full of text that some layer between a Compose file and a process would like to misread.

  hostile.py make STYLE STACK DIRECTORY   writes the stack, env.plain (what its secret env file must hold) and, on stdout, what
                                          is intended, as JSON
  hostile.py ask INTENDED USER            asks podman and the kernel what the containers got, and says where that differs

The pieces are those of tests/nix/hostile.cpp. Excluded is what a position cannot hold: NUL everywhere; in the name of a label
`=`; in a path what podman separates by (`:`, a slash, and in its API a comma, a quote, a line break); in a raw env file
line breaks. Names of variables are names.
"""
import json
import os
import random
import subprocess
import sys

PIECES = ["$", "{", "}", "${", "''", "'", '"', "\\", "\n", "\r", "\t", "#", "/*", "*/", "$$", " ", "%", "%%", "%n", "=", ":", ",",
          ";", "`id`", "$(id)", "\u00e9", "\U0001f4f7", "\x01", "\x1b", "\x7f", "\u0085", "\u2028", "x", 'builtins.abort ""',
          "\\n", "-", "--", "[", "]", "!", "*", "?", "~", "|", "&", "<", ">", "@"]
CONTAINERS, PAIRS, WORDS, PATHS = 12, 60, 60, 12


class Text:
    def __init__(self, seed):
        self.random, self.count = random.Random(seed), 0

    def __call__(self, without="", front="", least=1):
        self.count += 1
        while True:
            out = front + "".join(self.random.choice(PIECES) for _ in range(self.random.randint(least, 10)))
            if not set(out[len(front):]) & set(without):
                return out

    def variables(self, count):
        # podman's --env loses the first of these two; style oci refuses it.
        return {f"E{i}": self().replace("\r\n", "\n\r") for i in range(count)}

    def pairs(self, count, prefix):
        return {self(without="=", front=f"{prefix}{i}"): self() for i in range(count)}


def scalar(text):
    """A YAML scalar in double quotes; nothing but plain ASCII stands as it is."""
    out = ""
    for c in text:
        n = ord(c)
        if c in '"\\':
            out += "\\" + c
        elif 32 <= n < 127:
            out += c
        else:
            out += f"\\x{n:02x}" if n < 256 else f"\\u{n:04x}" if n < 65536 else f"\\U{n:08x}"
    return f'"{out}"'


def value(text):
    return scalar(text.replace("$", "$$"))


def flow(thing):
    if isinstance(thing, dict):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in thing.items()) + "}"
    if isinstance(thing, list):
        return "[" + ", ".join(map(flow, thing)) + "]"
    return value(thing) if isinstance(thing, str) else json.dumps(thing)


def dotenv(text):
    """A dotenv value in double quotes, where `\\`, `"` and `$` have a meaning."""
    return '"' + "".join("\\" + c if c in '\\"$' else c for c in text) + '"'


def service(text, name, start):
    targets = [text(without=':/,"\r\n', front=f"/m{i}") for i in range(PATHS)]
    one = {
        "image": "localhost/lab/part:1", "container_name": name, "network_mode": "none", "stop_grace_period": "2s",
        "environment": text.variables(2 * PAIRS), "labels": text.pairs(PAIRS, "l"), "annotations": text.pairs(PAIRS, "a"),
        "entrypoint": start + [text() for _ in range(6)], "command": [text() for _ in range(WORDS)],
        "working_dir": targets[0],
        "volumes": [{"type": "tmpfs" if i % 2 else "volume", **({} if i % 2 else {"source": f"v{i}"}), "target": t} for i, t in enumerate(targets)],
        "healthcheck": {"test": ["CMD", "true"] + [text() for _ in range(6)], "interval": "10m"},
    }
    return one


def make(style, stack, directory):
    text = Text(f"{style} 1")
    services, intended = {}, {}
    for i in range(CONTAINERS):
        job = i == CONTAINERS - 1
        name = f"{stack}-{i}"
        one = service(text, name, ["/bin/true"] if job else ["/init"])
        intended[name] = {key: one[key] for key in ("environment", "labels", "annotations", "entrypoint", "command", "working_dir")}
        intended[name].update(health=one["healthcheck"]["test"], targets=[v["target"] for v in one["volumes"]], job=job)
        services[f"s{i}"] = one
    services["s0"]["depends_on"] = {f"s{CONTAINERS - 1}": {"condition": "service_completed_successfully"}}
    services[f"s{CONTAINERS - 1}"]["restart"] = "no"
    if style == "oci":
        words = [text() for _ in range(12)]
        services["s1"]["post_start"] = [{"command": ["/bin/sh", "-c", 'printf "%s\\0" "$@" >/tmp/hook', "sh"] + words}]
        intended[f"{stack}-1"]["hook"] = words
    # Values that come from a secret reach the container through the view: a raw env file, or the provider's own.
    secrets = {f"S{i}": text(without="\n\r") for i in range(PAIRS)}
    with open(f"{directory}/env.plain", "w", newline="") as f:
        f.writelines(f"{k}={dotenv(v)}\n" for k, v in secrets.items())
    intended[f"{stack}-2"]["environment"] = {**intended[f"{stack}-2"]["environment"], **secrets}
    labels = text.pairs(PAIRS, "n")
    lines = ["services:"]
    for key, one in services.items():
        lines.append(f"  {key}:")
        for k, v in one.items():
            shown = flow(v)
            if k == "environment" and key == "s2":
                shown = shown[:-1] + "".join(f', "{s}": "${{{s}}}"' for s in secrets) + "}"
            lines.append(f"    {k}: {shown}")
    lines.append("volumes:")
    for i in range(0, PATHS, 2):
        lines.append(f"  v{i}: {flow({'labels': labels}) if i == 0 else '{}'}")
    with open(f"{directory}/compose.yaml", "w", newline="") as f:
        f.write("\n".join(lines) + "\n")
    with open(f"{directory}/stack.yaml", "w") as f:
        f.write(f"style: {style}\nsecrets: {{ env: {{ source: {stack}.env }} }}\nhealth: {{ timeout: 60s }}\n")
    json.dump({"stack": stack, "strings": text.count, "containers": intended, "volume": {f"{stack}_v0": labels}}, sys.stdout)


class Answers:
    def __init__(self, user):
        self.podman = ["podman"] if user == "root" else ["/opt/lab/machine/guest/as-user", user, "podman"]
        self.wrong = []

    def json(self, *words):
        return json.loads(subprocess.run([*self.podman, *words], check=True, stdout=subprocess.PIPE).stdout)

    def same(self, what, got, wanted):
        if got != wanted:
            self.wrong.append(what)
            print(f"{what}:\n   wanted {wanted!r}\n   got    {got!r}", file=sys.stderr)

    def part(self, what, got, wanted):
        for key, text in wanted.items():
            self.same(f"{what} {key!r}", got.get(key), text)


def split(pairs):
    return dict(pair.split("=", 1) for pair in pairs)


def words_of(pid, file):
    with open(f"/proc/{pid}/{file}", "rb") as f:
        return [word.decode() for word in f.read().split(b"\0")[:-1]]


def check_words(test):
    """Words that podman's API would tear apart are handed over as shell text: a shell says which words those are."""
    if test[0] != "CMD-SHELL":
        return test
    said = subprocess.run(["sh", "-c", 'for w in ' + test[1] + '; do printf "%s\\0" "$w"; done'], check=True, stdout=subprocess.PIPE)
    return ["CMD"] + [word.decode() for word in said.stdout.split(b"\0")[:-1]]


def ask(file, user):
    with open(file) as f:
        intended = json.load(f)
    answers = Answers(user)
    for one in answers.json("container", "inspect", *intended["containers"]):
        name = one["Name"]
        wanted, config = intended["containers"][name], one["Config"]
        answers.part(f"{name}: environment", split(config["Env"]), wanted["environment"])
        answers.part(f"{name}: label", config["Labels"], wanted["labels"])
        answers.part(f"{name}: annotation", {**(config.get("Annotations") or {}), **(one["HostConfig"].get("Annotations") or {})}, wanted["annotations"])
        entrypoint = config["Entrypoint"] if isinstance(config["Entrypoint"], list) else [config["Entrypoint"]]
        answers.same(f"{name}: entrypoint", entrypoint, wanted["entrypoint"])
        answers.same(f"{name}: command", config["Cmd"], wanted["command"])
        answers.same(f"{name}: working directory", config["WorkingDir"], wanted["working_dir"])
        answers.same(f"{name}: health check", check_words(config["Healthcheck"]["Test"]), wanted["health"])
        answers.same(f"{name}: mounts", sorted([m["Destination"] for m in one["Mounts"]] + list(one["HostConfig"].get("Tmpfs") or {})), sorted(wanted["targets"]))
        if wanted["job"]:
            answers.same(f"{name}: exit status", (one["State"]["Status"], one["State"]["ExitCode"]), ("exited", 0))
            continue
        # What the kernel says of the process is beyond any encoding of podman's own. /init is a script.
        pid = one["State"]["Pid"]
        answers.same(f"{name}: argv", words_of(pid, "cmdline"), ["/bin/sh"] + wanted["entrypoint"] + wanted["command"])
        answers.part(f"{name}: environ", split(words_of(pid, "environ")), wanted["environment"])
        answers.same(f"{name}: cwd", os.readlink(f"/proc/{pid}/cwd"), wanted["working_dir"])
        if "hook" in wanted:
            with open(f"/proc/{pid}/root/tmp/hook", "rb") as f:
                answers.same(f"{name}: hook", [word.decode() for word in f.read().split(b"\0")[:-1]], wanted["hook"])
    for name, labels in intended["volume"].items():
        answers.part(f"volume {name}: label", answers.json("volume", "inspect", name)[0]["Labels"], labels)
    if answers.wrong:
        sys.exit(f"{len(answers.wrong)} differences")
    print(f"{intended['strings']} strings of {intended['stack']} came back as they were written")


if sys.argv[1] == "make":
    make(*sys.argv[2:])
else:
    ask(*sys.argv[2:])
