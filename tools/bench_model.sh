#!/bin/sh
# tools/bench_model.sh BUILD MODEL DATA_DIR WEIGHT_BITS [compile options]: compile, commit, then 20 proofs in one process and their
# verification; medians. DATA_DIR has calibration.npz and test.npz. TACIT_SECURITY=128: in that profile.
set -eu
build=$1 model=$2 data=$3 bits=$4
shift 4
security=${TACIT_SECURITY:-100} bench=bench_prove
[ "$security" = 100 ] || bench=bench_prove_$security
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM
export XDG_STATE_HOME="$dir/state"
"$build/tacit" compile "$model" --calibrate "$data/calibration.npz" --test "$data/test.npz" --weights "$bits" \
    "$@" -o "$dir/m.tacit" >"$dir/compile" || { cat "$dir/compile"; exit 1; }
"$build/tacit" commit "$dir/m.tacit" -o "$dir/m.cert" --key "$dir/m.key" --proofs 30 --security "$security" >"$dir/commit"
printf 'P%s, %s, %s-bit weights %s\n' "$security" "$(basename "$(dirname "$model")")/$(basename "$model")" "$bits" "$*"
grep -E '^(test |weights|committed|lookups|table)' "$dir/compile" | sed 's/  */ /g; s/^/  /' | paste -sd';' || true
"$build/$bench" "$dir/m.key" "$dir/m.cert" 20
