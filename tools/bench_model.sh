#!/bin/sh
# tools/bench_model.sh BUILD MODEL DATA_DIR WEIGHT_BITS [compile options]: compile, commit, then 20 proofs in one process and their
# verification; medians. DATA_DIR has calibration.npz and test.npz.
set -eu
build=$1 model=$2 data=$3 bits=$4
shift 4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM
export XDG_STATE_HOME="$dir/state"
"$build/tacit" compile "$model" --calibrate "$data/calibration.npz" --test "$data/test.npz" --weights "$bits" \
    "$@" -o "$dir/m.tacit" >"$dir/compile" || { cat "$dir/compile"; exit 1; }
"$build/tacit" commit "$dir/m.tacit" -o "$dir/m.cert" --key "$dir/m.key" --proofs 30 >"$dir/commit"
printf '%s, %s-bit weights %s\n' "$(basename "$(dirname "$model")")/$(basename "$model")" "$bits" "$*"
grep -E '^(test |weights|committed|lookups|table)' "$dir/compile" | sed 's/  */ /g; s/^/  /' | paste -sd';' || true
"$build/bench_prove" "$dir/m.key" "$dir/m.cert" 20
