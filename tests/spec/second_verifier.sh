#!/bin/sh
# second_verifier.sh: the verifier in spec/ and the command agree on fresh proofs of examples/breast-cancer. Changed files
# are in vectors/, which tests/spec/replay.py and tests/vectors/test_vectors.c replay.
#   second_verifier.sh PATH_OF_TACIT SOURCE_FOLDER
# Prints what passes; exit code 1 at the first failure, 77 (skipped) without python3. Works in a folder that it removes.
set -u

if [ $# -ne 2 ]; then
    echo "usage: second_verifier.sh PATH_OF_TACIT SOURCE_FOLDER" >&2
    exit 2
fi
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
case $1 in */*) tacit=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") ;; *) tacit=$(command -v "$1") ;; esac
source=$(cd "$2" && pwd)
example=$source/examples/breast-cancer
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/cache" || exit 1
cd "$work" || exit 1
XDG_CACHE_HOME=$work/cache
PYTHONDONTWRITEBYTECODE=1
LC_ALL=C
export XDG_CACHE_HOME PYTHONDONTWRITEBYTECODE LC_ALL

# quiet ARGUMENTS...: tacit must do it.
quiet() {
    "$tacit" "$@" >out 2>&1 && return
    echo "FAILED: tacit $*"
    cat out
    exit 1
}

# agree CERTIFICATE accept|reject PROOF...
agree() { python3 "$source/tests/spec/compare.py" "$tacit" "$source/spec/verify.py" "$@" || exit 1; }

quiet compile "$example/model.onnx" --calibrate "$example/calibration.npz" -o m.tacit
quiet commit m.tacit -o m.cert --key m.key --proofs 3
quiet commit m.tacit -o other.cert --key other.key --proofs 3
quiet prove --key m.key --input "$example/patient.npy" -o default.proof --context second
quiet prove --key m.key --input "$example/patient.npy" -o reversed.proof --show input --hide output

agree m.cert accept default.proof reversed.proof
agree other.cert reject default.proof
echo "all passed"
