#!/usr/bin/env bash
# Secrets against the budgets of DESIGN 11, as ratios within one run, and against the programs age and sops.
#   bench/secrets.sh [BUILD]     a build directory configured with -DHWCSYNC_BENCH=ON, by preference of type Release
# Root only (the view). Programs that are not installed are left out, and that is said.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:-$here/../build/release}
files=${HWCSYNC_BENCH_FILES:-200}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Nanoseconds of one benchmark, the median of several runs.
median() { # EXECUTABLE NAME real|cpu
  local column=3
  [[ $3 == real ]] || column=4
  "$build/bench/$1" --benchmark_filter="^$2\$" --benchmark_repetitions=5 --benchmark_format=csv 2>/dev/null |
    awk -F, -v c="$column" '$1 ~ /_median"$/ { scale = $5 == "ms" ? 1e6 : $5 == "us" ? 1e3 : 1; printf "%d", $c * scale }'
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
ms() { awk -v n="$1" 'BEGIN { printf "%.1f ms", n / 1e6 }'; }

scalar=$(median hwcsync_bench_secrets scalar_multiplications cpu)
age=$(median hwcsync_bench_secrets age_files cpu)
echo "1,000 age files from disk, one thread: $(ms "$age"); the scalar multiplications alone: $(ms "$scalar"); ratio $(ratio "$age" "$scalar") (budget 2)"
sops=$(median hwcsync_bench_secrets sops_generation/real_time cpu)
echo "1,000 sops dotenv files of 20 values staged on one thread: $(ms "$sops") (budget 250 ms on two cores)"
constant=$(median hwcsync_bench_view read_file_of/constant/real_time real)
view=$(median hwcsync_bench_view read_file_of/view/real_time real)
tmpfs=$(median hwcsync_bench_view read_file_of/tmpfs/real_time real)
echo "open, read, close: view $view ns, constant FUSE file $constant ns, tmpfs $tmpfs ns; ratio $(ratio "$view" "$constant") (budget 3)"

# Processor time in milliseconds of one process a file.
each() { # COMMAND... ; the file comes last
  local TIMEFORMAT='%U %S' times
  times=$({ time for file in "$work/in"/*; do "$@" "$file" >/dev/null 2>&3; done; } 3>"$work/errors" 2>&1) ||
    { cat "$work/errors" >&2; exit 1; }
  awk -v t="$times" 'BEGIN { split(t, p, " "); printf "%d", (p[1] + p[2]) * 1000 }'
}
compare() { # NAME THEIRS OURS
  echo "$files processes of $1: $2 ms of processor time; of hwcsync secrets decrypt: $3 ms; ratio $(ratio "$3" "$2")"
}
new_files() { # COMMAND... ; reads the plaintext and writes to stdout
  rm -rf "$work/in" && mkdir "$work/in"
  for ((i = 0; i < files; i++)); do echo "NAME=value-$i" | "$@" >"$work/in/$i.env"; done
}

if command -v age >/dev/null; then
  age-keygen -o "$work/key" 2>/dev/null
  recipient=$(sed -n 's/^# public key: //p' "$work/key")
  new_files age -r "$recipient"
  compare "age -d" "$(each age -d -i "$work/key")" "$(each "$build/hwcsync" secrets decrypt -i "$work/key")"
  if command -v sops >/dev/null; then
    new_files sops encrypt --age "$recipient" --input-type dotenv --output-type dotenv /dev/stdin
    export SOPS_AGE_KEY_FILE=$work/key
    compare "sops decrypt" "$(each sops decrypt --input-type dotenv --output-type dotenv)" \
      "$(each "$build/hwcsync" secrets decrypt -i "$work/key")"
  else
    echo "not compared: sops is not installed"
  fi
else
  echo "not compared: age is not installed"
fi
