#!/usr/bin/env bash
# The command line of secrets, with real age keys: who can read what, changed recipients, values and templates. No value
# is in any output but that of `cat` and `decrypt`.
#   secrets_test.sh PROGRAM
set -uo pipefail
program=$1
command -v git >/dev/null && command -v age-keygen >/dev/null && command -v ssh-keygen >/dev/null && command -v age >/dev/null || {
  echo "skipped: needs git, age and ssh-keygen" >&2
  exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=$work/home HWCSYNC_CONFIG=$work/config.yaml
unset XDG_CONFIG_HOME SOPS_AGE_KEY SOPS_AGE_KEY_FILE SOPS_AGE_SSH_PRIVATE_KEY_FILE SOPS_AGE_KEY_CMD
unset SOPS_AGE_SSH_PRIVATE_KEY_CMD SOPS_AGE_RECIPIENT
mkdir -p "$HOME/.ssh" "$HOME/.config/sops/age"
printf 'version: 1\nrepository: { url: /nowhere }\nidentities: [ %s/host ]\nstate-dir: %s/state\nruntime-dir: %s/run\n' "$work" "$work" "$work" >"$HWCSYNC_CONFIG"
failed=0
checks=0
log=$work/log
fail() {
  printf 'FAILED: %s\n' "$*"
  failed=$((failed + 1))
}
# expect STATUS WORDS COMMAND...: exit status, and words that stderr or stdout must say. Everything is logged.
expect() {
  local status=$1 words=$2 out got
  shift 2
  out=$("$@" 2>&1)
  got=$?
  checks=$((checks + 1))
  printf '%s\n' "$out" >>"$log"
  [[ $got == "$status" && $out == *"$words"* ]] || fail "$* -> $got instead of $status, without '$words': $out"
}
# value EXPECTED COMMAND...: stdout of what may show plaintext.
value() {
  local expected=$1 out
  shift
  out=$("$@" 2>>"$log")
  checks=$((checks + 1))
  [[ $out == "$expected" ]] || fail "$* -> '$out' instead of '$expected'"
}

age-keygen -o "$work/admin" 2>/dev/null
age-keygen -o "$work/late" 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -C server -f "$work/host"
admin=$(age-keygen -y "$work/admin")
late=$(age-keygen -y "$work/late")
host=$(cut -d' ' -f1,2 "$work/host.pub")
canary=CANARY-$RANDOM-$RANDOM

repo=$work/repo
mkdir -p "$repo/stacks/app" "$repo/secrets"
cat >"$repo/hwcsync.yaml" <<YAML
version: 1
hosts:
  server:
    flake: "#server"
    stacks: [app]
    users: { homelab: { uid: 1000 } }
    recipients: [ "$host", $admin ]
YAML
cat >"$repo/stacks/app/compose.yaml" <<'YAML'
services:
  web: { image: "docker.io/library/caddy:2.8.4", secrets: [ app.toml, token, db-password ], environment: { X: "${NAME}" } }
secrets:
  app.toml: { external: true }
  token: { external: true }
  db-password: { external: true }
YAML
cat >"$repo/stacks/app/stack.yaml" <<'YAML'
secrets:
  env: { source: app.env }
  db-password: { source: db.yaml, key: postgres/password }
  token: { source: token.age }
  app.toml: { template: app.toml.tmpl }
YAML
printf 'user = "x"\npassword = ${secret:db-password|json}\ntoken = ${secret:token|trim|env}\n' >"$repo/stacks/app/app.toml.tmpl"
git -C "$repo" init -q --initial-branch=main
cd "$repo" || exit 1

# Encrypting for a host, by rules, and what finds the keys.
printf 'postgres:\n  password: %s "q"\n  user: eric\n' "$canary" >"$work/db.plain"
printf 'NAME=%s\n' "$canary" >"$work/app.plain"
printf '%s tok\n' "$canary" >"$work/token.plain"
expect 64 "name them with -r" "$program" secrets encrypt "$work/db.plain"
expect 64 "did you mean 'server'" "$program" secrets encrypt --host servr "$work/db.plain"
expect 0 "" "$program" secrets encrypt --host server --format yaml --encrypted-regex '^password$' -o secrets/db.yaml "$work/db.plain"
expect 0 "" "$program" secrets encrypt --host server -o stacks/app/app.env "$work/app.plain"
expect 0 "" "$program" secrets encrypt --host server --format age -o secrets/token.age "$work/token.plain"
expect 64 "excludes" "$program" secrets encrypt --host server --encrypted-regex a --encrypted-suffix b "$work/db.plain"
expect 65 "cannot" "$program" secrets encrypt --host server --format yaml --encrypted-regex '(' "$work/db.plain"
expect 0 "user: eric" cat secrets/db.yaml
printf '[a]\nb = %s\n' "$canary" >"$work/x.ini"
for format in binary age; do
  expect 64 "leave the rule out" "$program" secrets encrypt --host server --format "$format" --encrypted-regex '^password$' "$work/db.plain"
done
expect 64 "leaves every value in clear" "$program" secrets encrypt --host server --format yaml --encrypted-regex '^nothing$' "$work/db.plain"
expect 0 "BEGIN AGE" "$program" secrets encrypt -r "$admin" --format age -o - "$work/db.plain"
expect 0 "" "$program" secrets encrypt -r "$admin" --format ini -o "$work/x.enc.ini" "$work/x.ini"
value "$(cat "$work/x.ini")" "$program" secrets decrypt -i "$work/admin" "$work/x.enc.ini"
# Nobody says the format: the name does, or the content cannot be anything else. What is no key stays in no clear text.
chosen() { # FORMAT TEXT NAME
  local out
  printf "$2" >"$work/$3"
  out=$("$program" secrets encrypt -r "$admin" -o "$work/chosen" "$work/$3" 2>&1)
  printf '%s\n' "$out" >>"$log"
  checks=$((checks + 1))
  [[ $out == "encrypted as $1;"* ]] || fail "$3 with '$2' -> '$out' instead of $1"
  cmp -s "$work/$3" <("$program" secrets decrypt -i "$work/admin" "$work/chosen" 2>/dev/null) || fail "$3 does not come back"
}
chosen binary 'JBSWY3DPEHPK3PXP=' totp
chosen binary 'JBSWY3DPEHPK3PXP====\n' totp
chosen binary 'JBSWY3DPEHPK3PXP= \n' totp
chosen binary 'MFRGGZDFMZTWQ2LK=\r\n' totp
chosen binary '7NYVabc+/def=\n' wg.key
chosen binary 'url: postgres://u:pw@h/db?sslmode=disable\n' url
chosen binary 'lower=case\n' lower
chosen binary '' nothing
chosen dotenv '# note\nA_1=x\nB=\n' app.text
chosen dotenv 'lower=case\n' some.env
chosen dotenv 'lower=case\n' .env.prod
# A name that says dotenv refuses only what does not read like it; one with .env. in the middle only allows it.
chosen dotenv 'A=\nB=\n' none.env
chosen dotenv 'db_url=\n' lower.env
chosen dotenv '' empty.env
chosen dotenv '# only a note\n' note.env
chosen dotenv 'lower=case\n# note\n' app.env.local
chosen dotenv 'lower=case\n' x.env.production
chosen dotenv 'A==\nB=x\n' equals.env
chosen binary 'c2VjcmV0=\n' app.env.key
chosen binary 'JBSWY3DPEHPK3PXP=\n' app.env.totp
chosen binary 'JBSWY3DP==\nB=x\n' app.env.two
chosen binary 'lower=case\nsecret\n' app.env.text
printf 'c2VjcmV0=\n' >"$work/lower.key"
chosen binary 'c2VjcmV0=\n' .envkey
printf 'c2VjcmV0=\n' >"$work/key.env"
expect 64 "line 1 may be a key in base64" "$program" secrets encrypt -r "$admin" "$work/key.env"
expect 64 "line 1 may be a key in base64" "$program" secrets encrypt -r "$admin" -o "$work/out.env" "$work/lower.key"
printf 'JBSWY3DPEHPK3PXP=\n' >"$work/totp.env"
expect 64 "line 1 may be a key in base64 or base32" "$program" secrets encrypt -r "$admin" "$work/totp.env"
printf 'A=b\nbare\n' >"$work/bare.env"
expect 64 "line 2 is no NAME=value" "$program" secrets encrypt -r "$admin" "$work/bare.env"
chosen yaml 'url: postgres://u:pw@h/db?sslmode=disable\n' some.yml
chosen ini '[a]\nb = c\n' some.ini
expect 64 "leave the rule out" "$program" secrets encrypt -r "$admin" --encrypted-regex '^a$' "$work/lower"
expect 64 "call it $work/list.json.enc" "$program" secrets encrypt -r "$admin" --format binary -o "$work/list.json" "$work/lower"
# JSON of the one key that sops gives a binary file: the name tells them apart.
printf '{"data": "v"}\n' >"$work/data.json"
expect 0 "" "$program" secrets encrypt -r "$admin" -o "$work/data.enc.json" "$work/data.json"
expect 0 '"data": "v"' "$program" secrets decrypt -i "$work/admin" "$work/data.enc.json"
for name in data data.json.enc data.JSON; do
  expect 64 "call it $work/to-$name.json" "$program" secrets encrypt -r "$admin" --format json -o "$work/to-$name" "$work/data.json"
  [[ ! -e $work/to-$name ]] || fail "to-$name was written"
done
printf '{"data": "v", "more": 1}\n' >"$work/more.json"
expect 0 "" "$program" secrets encrypt -r "$admin" -o "$work/more.enc" "$work/more.json"
expect 0 '"more": 1' "$program" secrets decrypt -i "$work/admin" "$work/more.enc"
# A key twice and a MAC that does not fit: one finding, with the advice that helps.
mkdir -p "$work/twins/secrets"
printf 'version: 1\nhosts: { server: { flake: "#server" } }\n' >"$work/twins/hwcsync.yaml"
printf 'PW=%s\n' "$canary" >"$work/twin.plain"
expect 0 "" "$program" secrets encrypt -r "$admin" --format dotenv -o "$work/twins/secrets/twin.env" "$work/twin.plain"
sed -i '1i PW=' "$work/twins/secrets/twin.env"
git -C "$work/twins" init -q && git -C "$work/twins" add .
broken() { "$program" secrets check -i "$work/admin" "$work/twins" | grep -A2 secret-broken; }
value 1 eval 'broken | grep -c secret-broken'
value 1 eval 'broken | grep -c "sops edit secrets/twin.env"'
expect 65 "keep one of them, with sops edit" "$program" secrets decrypt -i "$work/admin" "$work/twins/secrets/twin.env"
sed -i '1d; s/^PW=ENC.*/&\n&/' "$work/twins/secrets/twin.env"
value 1 eval 'broken | grep -c secret-broken'
value 1 eval 'broken | grep -c "restore it from a good commit"'
# Only files are written over, and not for nothing.
ln -s chosen "$work/link" && mkfifo "$work/fifo"
before=$(cat "$work/chosen")
expect 64 "it is a symbolic link" "$program" secrets encrypt -r "$admin" -o "$work/link" "$work/lower"
expect 64 "it is no regular file" "$program" secrets encrypt -r "$admin" -o "$work/fifo" "$work/lower"
expect 64 "nothing came" "$program" secrets encrypt -r "$admin" -o "$work/chosen" - </dev/null
[[ -L $work/link && -p $work/fifo && $(cat "$work/chosen") == "$before" ]] || fail "an output was replaced"
expect 0 '"data": "ENC' "$program" secrets encrypt -r "$admin" -o /dev/stdout "$work/lower"
plain=$(cat "$work/app.plain")
value "$plain" "$program" secrets decrypt stacks/app/app.env # by the machine's identity
sed -i '/^identities/d' "$HWCSYNC_CONFIG"
expect 65 "no match" "$program" secrets decrypt stacks/app/app.env
cp "$work/admin" "$HOME/.config/sops/age/keys.txt"
value "$plain" "$program" secrets decrypt stacks/app/app.env
mv "$HOME/.config/sops" "$work/xdg-sops"
mkdir "$work/xdg" && mv "$work/xdg-sops" "$work/xdg/sops"
value "$plain" env XDG_CONFIG_HOME="$work/xdg" "$program" secrets decrypt stacks/app/app.env
value "$plain" env SOPS_AGE_KEY_FILE="$work/admin" "$program" secrets decrypt stacks/app/app.env
value "$plain" env SOPS_AGE_KEY="$(grep AGE-SECRET "$work/admin")" "$program" secrets decrypt stacks/app/app.env
value "$plain" env SOPS_AGE_SSH_PRIVATE_KEY_FILE="$work/host" "$program" secrets decrypt stacks/app/app.env
# What is wrong with one source of keys does not stop the search, and is told when nothing fits.
expect 65 "not used: /nowhere/key: No such file" env SOPS_AGE_KEY_FILE=/nowhere/key "$program" secrets decrypt stacks/app/app.env
expect 65 "SOPS_AGE_KEY: " env SOPS_AGE_KEY=nonsense SOPS_AGE_KEY_FILE=/nowhere/key "$program" secrets decrypt stacks/app/app.env
value "$plain" env SOPS_AGE_KEY=nonsense SOPS_AGE_SSH_PRIVATE_KEY_FILE=/nowhere/key SOPS_AGE_KEY_FILE="$work/admin" "$program" secrets decrypt stacks/app/app.env
# A program that prints keys: words as in a shell, and no shell.
mkdir "$work/with blank" && cp "$work/admin" "$work/with blank/key"
value "$plain" env SOPS_AGE_KEY_CMD="cat '$work/with blank/key'" "$program" secrets decrypt stacks/app/app.env
expect 65 "SOPS_AGE_KEY_CMD: it failed: cat: /nowhere/key" env SOPS_AGE_KEY_CMD="cat /nowhere/key" "$program" secrets decrypt stacks/app/app.env
printf '#!/bin/sh\ntouch "%s/ran"\necho "bad line: AGE-SECRET-KEY-1QQQQ, sorry" >&2\nexit 1\n' "$work" >"$work/key-program"
chmod 755 "$work/key-program"
expect 65 "bad line: (key) sorry" env SOPS_AGE_KEY_CMD="$work/key-program" "$program" secrets decrypt stacks/app/app.env
rm -f "$work/ran"
SOPS_AGE_KEY_CMD=$work/key-program "$program" secrets rekey --dry-run >/dev/null 2>&1
[[ ! -e $work/ran ]] || fail "a dry run of rekey runs SOPS_AGE_KEY_CMD"
expect 65 'it failed: cat: ' env SOPS_AGE_KEY_CMD="cat \$HOME;id" "$program" secrets decrypt stacks/app/app.env
# It is told for whom, one after the other until a key opens the file; sops asks for the same.
cat >"$work/key-for" <<SH
#!/bin/sh
printf '<%s>\\n' "\$SOPS_AGE_RECIPIENT" >>"$work/asked"
[ "\$SOPS_AGE_RECIPIENT" = $admin ] && cat "$work/admin"
SH
chmod 755 "$work/key-for"
asked() { # EXPECTED: for whom keys were asked since the last time
  local got
  got=$(cat "$work/asked" 2>/dev/null)
  rm -f "$work/asked"
  checks=$((checks + 1))
  [[ $got == "$1" ]] || fail "asked for '$got' instead of '$1'"
}
both="<$host>"$'\n'"<$admin>"
value "$plain" env SOPS_AGE_KEY_CMD="$work/key-for" "$program" secrets decrypt stacks/app/app.env
asked "$both"
value "$plain" env SOPS_AGE_KEY_FILE="$work/admin" SOPS_AGE_KEY_CMD="$work/key-for" "$program" secrets decrypt stacks/app/app.env
asked ""
expect 0 '"you": true' env SOPS_AGE_KEY_CMD="$work/key-for" "$program" secrets check --json
asked "$both"$'\n<>' # once each for all sops files; an age file does not tell
value "$plain" env SOPS_AGE_SSH_PRIVATE_KEY_CMD="cat '$work/host'" "$program" secrets decrypt stacks/app/app.env
expect 65 "SOPS_AGE_SSH_PRIVATE_KEY_CMD: it failed: cat: /nowhere/key" env SOPS_AGE_SSH_PRIVATE_KEY_CMD="cat /nowhere/key" "$program" secrets decrypt stacks/app/app.env
if SOPS_DISABLE_VERSION_CHECK=1 sops --version 2>/dev/null | grep -q '^sops 3\.1[3-9]'; then
  value "$plain" env SOPS_AGE_KEY_CMD="$work/key-for" sops decrypt stacks/app/app.env
  asked "$both"
  value "$plain" env SOPS_AGE_SSH_PRIVATE_KEY_CMD="cat '$work/host'" sops decrypt stacks/app/app.env
fi
expect 65 "SOPS_AGE_KEY_CMD: No such file" env SOPS_AGE_KEY_CMD=/nowhere/program "$program" secrets decrypt stacks/app/app.env
cp "$work/host" "$HOME/.ssh/id_ed25519"
value "$plain" "$program" secrets decrypt stacks/app/app.env
ssh-keygen -q -p -N passphrase -f "$HOME/.ssh/id_ed25519" >/dev/null
expect 65 "not used: $HOME/.ssh/id_ed25519" "$program" secrets decrypt stacks/app/app.env
rm "$HOME/.ssh/id_ed25519"
export SOPS_AGE_KEY_FILE=$work/admin

# cat: a name, a template, a file and one value of it.
value "$canary \"q\"" "$program" secrets cat app/db-password
value "$(printf 'user = "x"\npassword = "%s \\"q\\""\ntoken = '"'%s tok'" "$canary" "$canary")" "$program" secrets cat app/app.toml
value "NAME=$canary" "$program" secrets cat app-stack.env
value "$canary \"q\"" "$program" secrets cat --key postgres/password secrets/db.yaml
# Its error begins with the class of the failure, as that of decrypt does.
cp stacks/app/app.env "$work/whole.env"
sed -i 's/^NAME=/OTHER=/' stacks/app/app.env
class=$("$program" secrets decrypt stacks/app/app.env 2>&1 | cut -d: -f1)
expect 65 "$class: cannot show app-stack.env: stacks/app/app.env: " "$program" secrets cat app-stack.env
[[ $class != "no match" && $class != "" ]] || fail "a renamed value is told as '$class'"
cp "$work/whole.env" stacks/app/app.env
expect 64 "did you mean 'postgres/password'" "$program" secrets cat --key postgres/pasword secrets/db.yaml
expect 64 "did you mean 'app/token'" "$program" secrets cat app/tokn
expect 65 "no match" "$program" secrets cat -i "$work/late" app/db-password
expect 65 "app.toml.tmpl:2:12: 'db-password'" "$program" secrets cat -i "$work/late" app/app.toml
head -c 100 /dev/urandom >"$work/blob"
"$program" secrets encrypt -r "$admin" --format age -o "$work/blob.age" "$work/blob"
if command -v script >/dev/null; then
  expect 0 "it is binary, and standard output is a terminal" sh -c "script -qec \"'$program' secrets cat '$work/blob.age'\" /dev/null | cat"
fi
"$program" secrets cat "$work/blob.age" | cmp -s - "$work/blob" || fail "cat of a binary value into a pipe"

# ls: names and places.
expect 0 "app/app.toml" "$program" secrets ls
expect 0 "/run/user/1000/secrets/app/db-password" "$program" secrets ls
expect 0 "secrets/db.yaml postgres/password" "$program" secrets ls
expect 0 '"grammar": "template"' "$program" secrets ls --json
git add -A && git -c user.name=eric -c user.email=e@x commit -qm first

# check: nothing to find, then everything.
expect 0 "3 encrypted files: 0 errors, 0 warnings" "$program" secrets check
expect 0 '"you": true' "$program" secrets check --json
printf 'DB_PASSWORD=%s\n' "$canary" >stacks/app/notes.env
cp secrets/token.age secrets/forgotten.age
sed -i '/sops_mac=/s/=.*/=/' stacks/app/app.env
expect 2 "stacks/app/notes.env:1:1 error secret-plaintext" "$program" secrets check
expect 2 "secrets/forgotten.age warn secret-file-unused" "$program" secrets check
expect 2 "stacks/app/app.env error secret-without-mac" "$program" secrets check
git checkout -q -- . && rm stacks/app/notes.env secrets/forgotten.age
age -r "$admin" -o secrets/token.age "$work/token.plain"
"$program" secrets encrypt -r "$admin" --format yaml -o secrets/db.yaml "$work/db.plain"
expect 2 "secrets/db.yaml error recipient-missing" "$program" secrets check
expect 0 "fix: hwcsync secrets rekey secrets/db.yaml" sh -c "'$program' secrets check; true"
sed -i 's/postgres\/password/postgres\/pasword/' stacks/app/stack.yaml
expect 2 "stacks/app/stack.yaml:3:3 error secret-unusable" "$program" secrets check
git checkout -q -- .

# What stands behind a value on its line is a comment, as sops writes it too.
printf 'a: plain # why\nb:\n  - c: 1 # one\n' >"$work/comment.yaml"
"$program" secrets encrypt -r "$admin" --format yaml -o "$work/comment.enc.yaml" "$work/comment.yaml"
expect 0 "why" "$program" secrets decrypt "$work/comment.enc.yaml"
# A key in the environment may stand as age-keygen wrote it, with its comments.
expect 0 "why" env HOME=/nowhere SOPS_AGE_KEY="$(cat "$work/admin")" "$program" secrets decrypt "$work/comment.enc.yaml"
# A stack that cannot be read may need any of the files.
echo 'foo: bar' >>stacks/app/stack.yaml
expect 5 "the stack 'app' cannot be read" "$program" secrets rekey --dry-run
git checkout -q -- .
expect 65 "secrets/none.yaml: failed" "$program" secrets rekey -r "$admin" secrets/none.yaml secrets/db.yaml
git checkout -q -- .

# rekey: exactly the list, values byte for byte, one that fails leaves the others and itself alone.
expect 0 "secrets/db.yaml: unchanged" "$program" secrets rekey --dry-run
expect 0 "secrets/db.yaml: unchanged" "$program" secrets rekey --dry-run -i "$work/admin" secrets/db.yaml
sed -i "s/recipients: .*/recipients: [ \"$(sed 's/\//\\\//g' <<<"$host")\", $admin, $late ]/" hwcsync.yaml
expect 0 "would be rekeyed" "$program" secrets rekey --dry-run
expect 0 "+ $late" "$program" secrets rekey --dry-run
git diff --quiet -- secrets stacks || fail "a dry run wrote something"
expect 65 "no match" "$program" secrets rekey -i "$work/late"
git diff --quiet -- secrets stacks || fail "a failed rekey wrote something"
before=$(grep -c 'ENC\[' secrets/db.yaml)
values=$(grep 'ENC\[' secrets/db.yaml)
chmod 640 secrets/db.yaml
mv stacks/app/app.env "$work/app.env" && sed 's/ENC\[AES256_GCM,data:./&A/' "$work/app.env" >stacks/app/app.env
broken=$(sha256sum <stacks/app/app.env)
expect 65 "stacks/app/app.env: failed" "$program" secrets rekey
[[ $(sha256sum <stacks/app/app.env) == "$broken" ]] || fail "the file that failed was changed"
mv "$work/app.env" stacks/app/app.env
[[ $before -gt 0 && $(grep 'ENC\[' secrets/db.yaml) == "$values" ]] || fail "a value changed its bytes"
[[ $(stat -c %a secrets/db.yaml) == 640 ]] || fail "the mode changed"
value "$canary \"q\"" "$program" secrets cat -i "$work/late" --key postgres/password secrets/db.yaml
value "$canary \"q\"" "$program" secrets cat -i "$work/host" --key postgres/password secrets/db.yaml
value "$canary tok" age -d -i "$work/late" secrets/token.age
expect 0 '"action": "rekeyed"' "$program" secrets rekey --json stacks/app/app.env
expect 0 "stacks/app/app.env: unchanged" "$program" secrets rekey stacks/app/app.env
git add -A && git -c user.name=eric -c user.email=e@x commit -qm "more recipients"
expect 0 "app/db-password from secrets/db.yaml: re-encrypted for 1 more recipient, no value changed" "$program" plan --from HEAD~1 --host server
sed -i "s/, $admin, $late/, $late/" hwcsync.yaml
expect 5 "would be refused" "$program" secrets rekey --dry-run
expect 5 "you could not read it any more" "$program" secrets rekey --dry-run
expect 0 "would be rekeyed" env -u SOPS_AGE_KEY_FILE "$program" secrets rekey --dry-run
expect 5 "you could not read it any more" "$program" secrets rekey
git diff --quiet -- secrets stacks || fail "who would be locked out wrote something"
expect 0 "change the values" "$program" secrets rekey -i "$work/late"
expect 65 "no match" "$program" secrets decrypt secrets/db.yaml
expect 0 "rekeyed" "$program" secrets rekey -i "$work/late" -r "$late" -r "$admin" --rotate secrets/db.yaml
[[ $(grep 'ENC\[' secrets/db.yaml) != "$values" ]] || fail "--rotate kept the data key"
value "$canary \"q\"" "$program" secrets cat --key postgres/password secrets/db.yaml
expect 65 "no encrypted file of the repository" "$program" secrets rekey hwcsync.yaml
# A file keeps its owner and mode, and the directory's owner gets nobody else's.
if [[ $(id -u) == 0 ]]; then
  mkdir "$work/theirs" && cp secrets/db.yaml "$work/theirs/db.yaml"
  chown -R 4321:4322 "$work/theirs" && chmod 640 "$work/theirs/db.yaml"
  expect 0 "rekeyed" "$program" secrets rekey -i "$work/late" --rotate -r "$late" "$work/theirs/db.yaml"
  expect 0 "4321:4322 640" stat -c '%u:%g %a' "$work/theirs/db.yaml"
fi
# What the machine refuses says what was being done, and is no fault of the file.
if command -v setpriv >/dev/null && [[ $(id -u) == 0 ]]; then
  mkdir -m 755 "$work/locked" && cp secrets/db.yaml "$work/late" "$work/locked" && chmod 644 "$work/locked"/*
  chmod 755 "$work"
  expect 1 "cannot create a temporary file for $work/locked/db.yaml: Permission denied" env -u HWCSYNC_CONFIG HOME=/ \
    setpriv --reuid 4321 --clear-groups "$program" secrets rekey -i "$work/locked/late" --rotate -r "$late" "$work/locked/db.yaml"
fi
# What cannot be rekeyed shows in the dry run already.
groups=$HWCSYNC_SOURCE_DIR/tests/secrets/fixtures/groups.env
expect 65 "would fail" "$program" secrets rekey --dry-run -r "$admin" "$groups"
expect 65 "a file with key groups (use sops updatekeys)" "$program" secrets rekey --dry-run -r "$admin" "$groups"
# Files are looked for from where --repo says, else from here.
expect 0 "secrets/db.yaml: " sh -c "cd / && '$program' secrets rekey --dry-run -i '$work/late' --repo '$repo' secrets/db.yaml"
expect 0 "secrets/db.yaml: " sh -c "cd '$repo/secrets' && '$program' secrets rekey --dry-run -i '$work/late' db.yaml"
expect 65 "looked for $repo/db.yaml" sh -c "cd '$repo/secrets' && '$program' secrets rekey --dry-run --repo '$repo' db.yaml"
expect 0 "$repo/secrets/db.yaml: would be" sh -c "cd / && '$program' secrets rekey --dry-run --rotate -r '$admin' '$repo/secrets/db.yaml'"
expect 0 "would be" sh -c "cd / && '$program' secrets rekey --dry-run --rotate -r '$admin' --repo '$repo' secrets/db.yaml"
expect 64 "no key was found" env -u SOPS_AGE_KEY_FILE "$program" secrets rekey
expect 64 "no file is named" "$program" secrets rekey -r "$late"
if command -v sops >/dev/null; then
  value "$canary \"q\"" env SOPS_AGE_KEY_FILE="$work/late" sops decrypt --extract '["postgres"]["password"]' secrets/db.yaml
fi

# Standard input is read as it is, also where it has no path that could be opened.
on_socket() { # FILE COMMAND...: with the file's content on a socket
  python3 -c 'import socket, subprocess, sys
ours, theirs = socket.socketpair()
ours.sendall(open(sys.argv[1], "rb").read())
ours.close()
sys.exit(subprocess.call(sys.argv[2:], stdin=theirs))' "$@"
}
if command -v python3 >/dev/null; then
  value "$plain" on_socket stacks/app/app.env "$program" secrets decrypt -i "$work/late" -
  value "$plain" on_socket "$work/late" "$program" secrets decrypt -i - stacks/app/app.env
fi

# A passphrase comes from a terminal and from nowhere else, twice.
on_terminal() { # ANSWERS COMMAND...: types each answer when it is asked for
  python3 - "$@" <<'PYTHON'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
answers, seen = sys.argv[1].split(","), b""
try:
    while block := os.read(terminal, 4096):
        seen += block
        if seen.endswith(b": ") and answers:
            os.write(terminal, answers.pop(0).encode() + b"\n")
except OSError:
    pass
sys.stdout.write(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PYTHON
}
if command -v python3 >/dev/null; then
  secret=PASSPHRASE-$RANDOM
  expect 0 "The same again" on_terminal "$secret,$secret" "$program" secrets encrypt --passphrase --format age -o "$work/p.age" "$work/token.plain"
  expect 0 "-> scrypt " sh -c "base64 -d <<END
$(grep -v -e '-----' "$work/p.age")
END"
  on_terminal "$secret" age -d "$work/p.age" | grep -q "$canary" || fail "age does not open what was encrypted to a passphrase"
  on_terminal "$secret" "$program" secrets decrypt "$work/p.age" | grep -q "$canary" || fail "a file for a passphrase does not open"
  expect 64 "are not the same" on_terminal "$secret,other" "$program" secrets encrypt --passphrase --format age "$work/token.plain"
  expect 64 "longer than 1023 bytes" on_terminal "$(printf '%01024d' 7),x" "$program" secrets encrypt --passphrase --format age "$work/token.plain"
  expect 64 "nothing was typed" on_terminal "," "$program" secrets encrypt --passphrase --format age "$work/token.plain"
  expect 0 "ended by 2, echo on" python3 - "$program" secrets encrypt --passphrase --format age "$work/token.plain" <<'PYTHON'
import os, pty, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
while not seen.endswith(b": "):
    seen += os.read(terminal, 4096)
os.write(terminal, b"\x03")
status = os.waitpid(pid, 0)[1]
echo = "on" if termios.tcgetattr(terminal)[3] & termios.ECHO else "off"
print(f"ended by {os.WTERMSIG(status)}, echo {echo}")
PYTHON
  expect 65 "would fail" "$program" secrets rekey --dry-run -r "$admin" "$work/p.age"
  expect 65 "it is for a passphrase" "$program" secrets rekey -r "$admin" "$work/p.age"
  ! grep -q -- "$secret" "$log" || fail "a passphrase is in an output"
fi
command -v setsid >/dev/null && expect 64 "there is no terminal" setsid -w "$program" secrets encrypt --passphrase --format age "$work/token.plain"
expect 64 "add --format age" "$program" secrets encrypt --passphrase "$work/token.plain"
expect 64 "excludes" "$program" secrets encrypt --passphrase --format age -r "$admin" "$work/token.plain"

# audit and ls need the service, and say so.
expect 64 "-n is a number from 1 to 10000" "$program" secrets audit -n 10001
expect 64 "-n is a number from 1 to 10000" "$program" secrets audit -n 0
expect 64 "cannot show -1 records" "$program" secrets audit --limit=-1
expect 64 "neither a duration nor a time" "$program" secrets audit --since yesterday
expect 1 "$work/run/secrets" "$program" secrets audit --since 1h

# A search that finds what was planted, and nothing else.
grep -q -- "$canary" "$work/db.plain" || fail "the search does not work"
! grep -q -- "$canary" "$log" || fail "a value is in an output: $(grep -n -- "$canary" "$log" | head -3)"
! grep -q 'AGE-SECRET-KEY-1[0-9A-Z]' "$log" || fail "an identity is in an output"
! grep -rq --exclude-dir=.git -- "$canary" "$repo" || fail "a value is in the repository"
echo "$checks checks, $failed failed"
[[ $failed == 0 ]]
