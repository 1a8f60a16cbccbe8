#!/bin/sh
# profiles.sh PATH_OF_TACIT SOURCE_FOLDER: the two security profiles side by side, on examples/breast-cancer. Files of one are refused
# by the other, whoever asks; what is verified says under which profile.
set -u
tacit=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
example=$(cd "$2" && pwd)/examples/breast-cancer
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
XDG_CACHE_HOME=$work/cache
XDG_STATE_HOME=$work/state
export XDG_CACHE_HOME XDG_STATE_HOME

# expect CODE TEXT ARGUMENTS...: the exit code, and TEXT in what it prints.
expect() {
    want=$1
    text=$2
    shift 2
    "$tacit" "$@" >out 2>&1
    code=$?
    [ $code -eq "$want" ] || { echo "FAILED: exit code $code, expected $want: tacit $*"; cat out; exit 1; }
    grep -q -e "$text" out || { echo "FAILED: no '$text': tacit $*"; cat out; exit 1; }
    echo "ok: tacit $*"
}

expect 0 "" compile "$example/model.onnx" --calibrate "$example/calibration.npz" -o m.tacit
for bits in 100 128; do
    other=$((228 - bits))
    expect 0 "" commit m.tacit -o $bits.cert --key $bits.key --proofs 2 --security $bits
    expect 0 "" prove --key $bits.key --input "$example/patient.npy" -o $bits.proof --security=$bits
    expect 0 "\"security_bits\": *$bits" verify --json --cert $bits.cert $bits.proof --security $bits
    expect 0 "security target  *$bits" params $bits.cert --security $bits
    expect 0 "security target  *$bits" params m.tacit --security $bits
    expect 0 "" inspect $bits.cert --security $bits
    expect 10 "another security profile" verify --cert $bits.cert $bits.proof --security $other
    expect 10 "security profile; --security 100 or 128 chooses it" prove --key $bits.key --input "$example/patient.npy" -o x --security $other
    expect 10 "another security profile" params $bits.cert --security $other
done
expect 10 "another security profile" verify --cert 100.cert 128.proof
expect 10 "another security profile" verify --cert 128.cert 100.proof --security 128
expect 10 "another security profile" verify --cert 128.cert 128.proof
for bits in 0 101 129 256 -128 128x ""; do expect 2 "security" commit m.tacit -o x --key y --security "$bits"; done
expect 2 "given more than once" params m.tacit --security 128 --security 100
[ ! -e x ] && [ ! -e y ] || { echo "FAILED: files were left"; exit 1; }
# The larger field's challenges: no term of a P128 certificate is below its target.
"$tacit" params 128.cert --json --security 128 >out
python3 -c '
import json, sys
o = json.load(open("out"))
bits = [t["bits"] for t in o["terms"]]
assert o["security_target"] == 128 and min(bits) >= 130 and abs(min(bits) - o["worst_bits"]) < 1e-9, (min(bits), o)
' || { echo "FAILED: terms of 128.cert"; cat out; exit 1; }
echo "all passed"
