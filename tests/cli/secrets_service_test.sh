#!/usr/bin/env bash
# The command line against a running secret service: what it serves, a template through the view, who read it since when.
#   secrets_service_test.sh PROGRAM
set -uo pipefail
program=$1
for needed in age-keygen python3 git umount; do
  command -v "$needed" >/dev/null || { echo "skipped: needs $needed" >&2; exit 77; }
done
[[ $(id -u) == 0 && -w /dev/fuse ]] || { echo "skipped: needs root and /dev/fuse" >&2; exit 77; }
work=$(mktemp -d)
service=
stop() {
  [[ -z $service ]] || kill "$service" 2>/dev/null
  wait
  grep -F " $work/" /proc/mounts | cut -d' ' -f2 | while read -r mount; do umount -l "$mount"; done
  rm -rf "$work"
}
trap stop EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=$work HWCSYNC_CONFIG=$work/config.yaml
failed=0
checks=0
# says WORDS COMMAND...: success, and words in stdout or stderr; all of it but `cat` is kept for the search.
says() {
  local words=$1 out
  shift
  out=$("$@" 2>&1)
  local got=$?
  checks=$((checks + 1))
  [[ $2 == secrets && $3 == cat ]] || printf '%s\n' "$out" >>"$work/log"
  [[ $got == 0 && $out == *"$words"* ]] && return
  printf 'FAILED: %s (%s), expected %s\n%s\n' "$*" "$got" "$words" "$out"
  failed=$((failed + 1))
}

age-keygen -o "$work/key" 2>/dev/null
printf 'version: 1\nrepository: { url: /nowhere }\nidentities: [ %s/key ]\nstate-dir: %s/state\nruntime-dir: %s/run\n' "$work" "$work" "$work" >"$HWCSYNC_CONFIG"
mkdir -p "$work/run" "$work/state" "$work/repo/stacks/app"
cd "$work/repo" || exit 1
printf 'version: 1\nhosts: { server: { flake: "#s", stacks: [app] } }\n' >hwcsync.yaml
printf 'services: { web: { image: "i:1", secrets: [ app.toml ] } }\nsecrets: { app.toml: { external: true } }\n' >stacks/app/compose.yaml
printf 'style: oci\nsecrets: { pw: { source: pw.age }, app.toml: { template: t } }\n' >stacks/app/stack.yaml
printf 'p=${secret:pw|json}\n' >stacks/app/t
printf CANARY | "$program" secrets encrypt -r "$(age-keygen -y "$work/key")" --format age -o stacks/app/pw.age - || exit 1

"$program" secretsd >"$work/service.log" 2>&1 &
service=$!
for _ in $(seq 100); do [[ -S $work/run/secrets ]] && break; sleep 0.1; done
# Stages and serves what a run would: the manifest as a person reads it in docs/formats.md.
python3 - "$work" <<'PYTHON' || exit 1
import base64, hashlib, json, socket, sys

work = sys.argv[1]
text = open(work + "/repo/stacks/app/pw.age", "rb").read()
source = {"path": "stacks/app/pw.age", "id": hashlib.sha1(b"blob %d\0" % len(text) + text).hexdigest(), "format": "age"}
file = {"stack": "app", "consumers": ["podman-app-web.service"], "uid": 0, "gid": 0, "mode": "0400"}
parts = [{"text": "p="}, {"secret": "pw", "source": source, "key": "", "filters": ["json"], "line": 1, "column": 3}, {"text": "\n"}]
files = [{**file, "path": "app/app.toml", "name": "app.toml", "grammar": "template", "template": {"path": "stacks/app/t", "parts": parts}},
         {**file, "path": "app/pw", "name": "pw", "consumers": [], "grammar": "raw", "source": source, "key": ""}]


def call(method, parameters):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(work + "/run/secrets")
    peer.sendall(json.dumps({"method": "io.hwcsync.Secrets." + method, "parameters": parameters}).encode() + b"\0")
    reply = b""
    while not reply.endswith(b"\0"):
        reply += peer.recv(65536)
    return json.loads(reply[:-1])["parameters"]


staged = call("Stage", {"manifest": {"version": 1, "host": "server", "files": files},
                        "ciphertexts": [{"id": source["id"], "data": base64.b64encode(text).decode()}]})
call("Flip", {"generation": staged["generation"]})
open(work + "/generation", "w").write(staged["generation"])
PYTHON

generation=$(cat "$work/generation")
says "$work/run/view/0/app/app.toml" "$program" secrets ls
says "\"generation\": \"$generation\"" "$program" secrets ls --json
# What the repository asks for is exactly that generation.
says "\"generation\": \"$generation\"" "$program" secrets ls --json --repo .
says 'p="CANARY"' "$program" secrets cat app/app.toml
says "read  app/app.toml" "$program" secrets audit --stack app --since 1h
says '"path": "app/app.toml"' "$program" secrets audit --since 1h --json
# Whoever reads chooses the name of the program.
cp "$BASH" "$work/b"$'\e'"[2J"
"$work/b"$'\e'"[2J" -c 'read -r line <"$1"' - "$work/run/view/0/app/app.toml"
checks=$((checks + 1))
[[ $("$program" secrets audit) != *$'\e'* ]] || { echo "FAILED: audit prints control characters"; failed=$((failed + 1)); }
says '[2J' "$program" secrets audit
says "the newest 1; more with -n" "$program" secrets audit -n 1
checks=$((checks + 1))
[[ -z $("$program" secrets audit --stack other --since 1h) ]] || { echo "FAILED: audit of another stack"; failed=$((failed + 1)); }
checks=$((checks + 1))
[[ -z $("$program" secrets audit --since 2100-01-01T00:00:00.000Z) ]] || { echo "FAILED: audit since a time to come"; failed=$((failed + 1)); }
# says_no CODE WORDS COMMAND...
says_no() {
  local code=$1 words=$2 out
  shift 2
  out=$("$@" 2>&1)
  local got=$?
  checks=$((checks + 1))
  [[ $got == "$code" && $out == *"$words"* ]] && return
  printf 'FAILED: %s (%s), expected %s and %s\n%s\n' "$*" "$got" "$code" "$words" "$out"
  failed=$((failed + 1))
}
says_no 64 "neither a duration nor a time" "$program" secrets audit --since 2026-13-01T10:00:00.000Z
says_no 64 "--wait" "$program" secrets mount --wait 4294967295
# Without its key, and started anew: the reason, and not just EIO.
kill "$service" && wait "$service"
service=
mv "$work/key" "$work/key.away" && age-keygen -o "$work/key" 2>/dev/null
"$program" secretsd >>"$work/service.log" 2>&1 &
service=$!
for _ in $(seq 100); do "$program" secrets ls >/dev/null 2>&1 && break; sleep 0.1; done
says_no 65 "no match" "$program" secrets cat app/app.toml
checks=$((checks + 1))
if grep -q CANARY "$work/log" "$work/service.log" || grep -rq CANARY "$work/state"; then
  echo "FAILED: a value is in an output, a log or the state"
  failed=$((failed + 1))
fi
echo "$checks checks, $failed failed"
[[ $failed == 0 ]]
