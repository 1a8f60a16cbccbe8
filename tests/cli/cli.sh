#!/bin/sh
# cli.sh: the command, end to end, on examples/digits; and every kind of bad input with its exit code.
#   cli.sh PATH_OF_TACIT SOURCE_FOLDER
# Prints what passes; stops at the first failure with exit code 1. Works in a folder of its own, which it removes.
# A command that fails must say why in one line on stderr and must leave the folder as it was.
set -u

if [ $# -ne 2 ]; then
    echo "usage: cli.sh PATH_OF_TACIT SOURCE_FOLDER" >&2
    exit 2
fi
case $1 in */*) tacit=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") ;; *) tacit=$(command -v "$1") ;; esac
digits=$(cd "$2" && pwd)/examples/digits
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/io" "$work/logs" "$work/cache" || exit 1
cd "$work/io" || exit 1
out=$work/logs/out
log=$work/logs/err
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
LC_ALL=C
export LC_ALL
passed=0

fail() {
    echo "FAILED: $1"
    [ -s "$out" ] && sed 's/^/  stdout: /' "$out" | head -n 40
    [ -s "$log" ] && sed 's/^/  stderr: /' "$log" | head -n 20
    exit 1
}

ok() {
    passed=$((passed + 1))
    echo "ok: $1"
}

# Name, size and content of everything here, to see that nothing was left or changed.
listing() { find . -type f -exec cksum {} + | sort -k 3; }

# expect CODE TEXT ARGUMENTS...: runs tacit; on failure one line "tacit ..." on stderr and no file changed, except that
# a key's counter may advance where the variable counter says so.
counter=no
expect() {
    want=$1
    text=$2
    shift 2
    before=$(listing)
    "$tacit" "$@" >"$out" 2>"$log"
    code=$?
    [ "$code" -eq "$want" ] || fail "$text: exit code $code, expected $want (tacit $*)"
    if [ "$want" -ne 0 ]; then
        [ "$(wc -l <"$log")" -eq 1 ] || fail "$text: not one line on stderr"
        grep -q '^tacit[ :]' "$log" || fail "$text: stderr does not begin with 'tacit'"
        [ "$counter" = yes ] || [ "$before" = "$(listing)" ] || fail "$text: files were left or changed"
    fi
    no_temporaries "$text"
    ok "$text"
}

no_temporaries() {
    for f in ./*.tmp* ./.*tmp*; do
        [ ! -e "$f" ] || fail "$1: temporary file $f stays"
    done
}

says() { grep -q -e "$1" "$out" "$log" || fail "$2: no '$1' in what it says"; }

# npy FILE TYPE SHAPE BYTES [FIRST]: a file of zeros, with FIRST (printf escapes) in front; BYTES counts the zeros.
npy() {
    {
        printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$2', 'fortran_order': False, 'shape': $3, }"
        printf "${5:-}"
        head -c "$4" /dev/zero
    } >"$1"
}

# flip FILE PLACE: changes the lowest bit of one byte.
flip() {
    byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

size_of() { wc -c <"$1" | tr -d ' '; }

# --- The way through ---------------------------------------------------------

cp "$digits/image.npy" "$digits/image.json" .
expect 0 "check" check "$digits/model.onnx"
says Conv "check"
expect 0 "check, as JSON" check "$digits/model.onnx" --json
predicted=$(sed -n 's/.*"predicted_proof": *\([0-9]*\).*/\1/p' "$out")
says '"predicted_prove_seconds": *[0-9]' "check, as JSON"
expect 0 "compile" compile "$digits/model.onnx" --calibrate "$digits/calibration.npz" --test "$digits/test.npz" -o m.tacit
says "test right integer" "compile"
says "test smallest cosine" "compile"
expect 0 "commit" commit m.tacit -o m.cert --key m.key --json
digest=$(sed -n 's/.*"model_digest": *"\([0-9a-f]*\)".*/\1/p' "$out")
[ ${#digest} -eq 64 ] || fail "commit: no digest in the JSON"
[ "$(ls -l m.key | cut -c 1-10)" = "-rw-------" ] || fail "commit: others can read the key"
expect 0 "run" run m.tacit --input image.npy --model "$digits/model.onnx" -o y.npy
expect 0 "run on JSON" run m.tacit --input image.json -o y2.npy
cmp -s y.npy y2.npy || fail "run: npy and JSON of one input give two outputs"
expect 0 "run, outputs as npz" run m.tacit --input image.npy -o y.npz
expect 0 "run, outputs as JSON" run m.tacit --input image.npy -o y.json
says "answers" "run"
expect 0 "run on many samples" run m.tacit --input "$digits/test.npz" --model "$digits/model.onnx" --json -o many.npy
says '"samples": *360' "run on many samples"
says '"sample": *359' "run on many samples"
says '"float_largest"' "run on many samples"
says '"cosine": *0.99' "run on many samples"
# The first sample is image.npy: behind the headers, its ten float64.
for f in y many; do dd if=$f.npy bs=1 skip=128 count=80 of=first.$f 2>/dev/null; done
cmp -s first.y first.many || fail "run: one sample and the first of many give two outputs"
[ "$(size_of many.npy)" -eq $((128 + 360 * 80)) ] || fail "run: not 360 outputs"
rm first.y first.many many.npy
expect 0 "prove" prove --key m.key --input image.npy --context "order 17" -o p.tacit-proof --output shown.npy
cmp -s y.npy shown.npy || fail "prove and run give two outputs"
size=$(size_of p.tacit-proof)
[ $((10 * predicted)) -ge $((7 * size)) ] && [ $((10 * predicted)) -le $((13 * size)) ] ||
    fail "check predicts a proof of $predicted bytes, it has $size"
expect 0 "verify" verify --cert m.cert p.tacit-proof --model-digest "$digest" --context "order 17" --output y.npy
says verified "verify"
expect 0 "verify again, from the cache" verify --cert m.cert p.tacit-proof --json
says '"certificate_from_cache": *true' "verify from the cache"
expect 0 "verify without cache" verify --no-cache --cert m.cert p.tacit-proof --json
says '"certificate_from_cache": *false' "verify without cache"
XDG_CACHE_HOME=/dev/null/none
expect 0 "verify where no cache can be" verify --cert m.cert p.tacit-proof
XDG_CACHE_HOME=$work/cache
for f in y.npz y.json; do expect 0 "verify against $f" verify --cert m.cert p.tacit-proof --output $f; done
expect 0 "prove with a public input" prove --key m.key --input image.json --show input -o q.tacit-proof
expect 0 "verify the public input" verify --cert m.cert q.tacit-proof --input image.npy
expect 0 "prove with a private output" prove --key m.key --input image.npy --hide output -o h.tacit-proof
expect 0 "verify the private output" verify --cert m.cert h.tacit-proof --json
grep -q '"values": *\[ *\]' "$out" || tr -d ' \n' <"$out" | grep -q '"values":\[\]' || fail "a private value is shown"
ok "private values are not shown"
for f in m.tacit m.cert m.key p.tacit-proof image.npy y.npz y.json; do expect 0 "inspect $f" inspect $f; done
expect 0 "inspect a program" inspect m.tacit --program
expect 0 "params" params m.cert
says "total bits" "params"
expect 0 "params of a model" params m.tacit --proofs 5
says "total bits" "params of a model"
expect 0 "version" --version
expect 0 "help" --help
for c in check compile commit run prove verify inspect params; do
    expect 0 "$c --help" $c --help
    says "usage: tacit $c" "$c --help"
    says "examples:" "$c --help"
done

# --- Rejected: 1 -------------------------------------------------------------

size=$(size_of p.tacit-proof)
for place in $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 1)); do
    cp p.tacit-proof bad.tacit-proof
    flip bad.tacit-proof $place
    expect 1 "tampered proof, byte $place of $size" verify --cert m.cert bad.tacit-proof
done
head -c $((size / 2)) p.tacit-proof >bad.tacit-proof
expect 1 "truncated proof" verify --cert m.cert bad.tacit-proof
{ cat p.tacit-proof && printf x; } >bad.tacit-proof
expect 1 "a byte behind the proof" verify --cert m.cert bad.tacit-proof
expect 1 "other context" verify --cert m.cert p.tacit-proof --context "order 18"
says CONTEXT "other context"
expect 1 "no context where there is one" verify --cert m.cert p.tacit-proof --context ""
npy other.npy '<f4' '(1, 10)' 40
expect 1 "other output" verify --cert m.cert p.tacit-proof --output other.npy
says OUTPUT "other output"
npy other.npy '<i8' '(1, 10)' 80
expect 1 "other output, integers" verify --cert m.cert p.tacit-proof --output other.npy
expect 1 "private output compared" verify --cert m.cert h.tacit-proof --output y.npy
npy other.npy '<f4' '(1, 1, 8, 8)' 256
expect 1 "other input" verify --cert m.cert q.tacit-proof --input other.npy
says INPUT "other input"
expect 1 "private input compared" verify --cert m.cert p.tacit-proof --input image.npy
expect 1 "other model digest" verify --cert m.cert p.tacit-proof --model-digest "$(printf %064d 0)"
expect 0 "commit again" commit m.tacit -o m2.cert --key m2.key --proofs 1
expect 1 "other certificate" verify --cert m2.cert p.tacit-proof
expect 1 "rejected, as JSON" verify --cert m2.cert p.tacit-proof --json
says '"exit_code": *1' "rejected, as JSON"

# --- Usage: 2 ----------------------------------------------------------------

expect 2 "unknown command" guess
expect 2 "unknown option" run m.tacit --input image.npy --fast
expect 2 "abbreviated option" run m.tacit --inp image.npy
expect 2 "option without value" run m.tacit --input
expect 2 "columns neither stored nor computed" commit m.tacit -o new --key new.key --columns kept
expect 2 "option given twice" run m.tacit --input image.npy --input image.npy
expect 2 "flag with a value" run m.tacit --input image.npy --json=yes
expect 2 "missing option" run m.tacit
expect 2 "missing file argument" run --input image.npy
expect 2 "one file too many" run m.tacit m.tacit --input image.npy
expect 2 "unknown visibility" prove --key m.key --input image.npy --show nobody -o new
expect 2 "contradicting visibility" prove --key m.key --input image.npy --show output --hide output -o new
expect 2 "one file for two outputs" commit m.tacit -o new --key new
expect 2 "output over an input" run m.tacit --input image.npy -o image.npy
expect 2 "unknown kind of output" run m.tacit --input image.npy -o y.txt
expect 2 "unknown width of weights" check "$digits/model.onnx" --weights 12
expect 2 "malformed --dim" check "$digits/model.onnx" --dim batch
expect 2 "zero proofs" commit m.tacit -o new.cert --key new.key --proofs 0
expect 2 "malformed digest" verify --cert m.cert p.tacit-proof --model-digest 12
expect 7 "tolerance that cannot be met" compile "$digits/model.onnx" --calibrate "$digits/calibration.npz" --tolerance 1e-9 -o new
expect 2 "negative tolerance" compile "$digits/model.onnx" --calibrate "$digits/calibration.npz" --tolerance -1 -o new
expect 2 "unknown overflow" compile "$digits/model.onnx" --calibrate "$digits/calibration.npz" --overflow wrap -o new

# --- Malformed: 3 ------------------------------------------------------------

for f in m.tacit m.cert m.key image.npy y.npz; do
    head -c $(($(size_of $f) * 2 / 3)) $f >short.$f
done
expect 3 "truncated model" run short.m.tacit --input image.npy
expect 3 "truncated certificate" verify --cert short.m.cert p.tacit-proof
expect 3 "truncated key" prove --key short.m.key --input image.npy -o new
expect 3 "truncated npy" run m.tacit --input short.image.npy
expect 3 "truncated npz" run m.tacit --input short.y.npz
printf '{"input_data": [[1, 2}' >bad.json
expect 3 "bad JSON" run m.tacit --input bad.json
: >empty
expect 3 "empty model" run empty --input image.npy
expect 3 "empty certificate" verify --cert empty p.tacit-proof
expect 3 "empty key" prove --key empty --input image.npy -o new
expect 3 "empty input" run m.tacit --input empty
expect 3 "empty ONNX file" check empty
expect 3 "inspect a file of another kind" inspect "$digits/train.py"
npy bad.npy '<f4' '(4611686018427387905,)' 4
expect 3 "npy of an impossible shape" run m.tacit --input bad.npy

# --- Shapes and values: 6, 7, 8 ----------------------------------------------

npy bad.npy '<f4' '(1, 1, 8, 9)' 288
expect 6 "wrong shape" run m.tacit --input bad.npy
says "(1, 1, 8, 9)" "wrong shape"
says "(1, 1, 8, 8)" "wrong shape"
expect 6 "wrong shape to prove" prove --key m.key --input bad.npy -o new
npy bad.npy '<f4' '(2, 1, 8, 8)' 512
expect 6 "two samples where one is asked for" prove --key m.key --input bad.npy -o new
npy bad.npy '<f4' '(1, 8, 8)' 256
expect 0 "a batch axis of one may be missing" run m.tacit --input bad.npy
npy bad.npy '<c8' '(1, 1, 8, 8)' 512
expect 6 "wrong type" run m.tacit --input bad.npy
npy bad.npy '<f4' '(1, 1, 8, 8)' 252 '\000\000\300\177'
expect 7 "NaN" run m.tacit --input bad.npy
says "element 0 is NaN" "NaN"
expect 7 "NaN to prove" prove --key m.key --input bad.npy -o new
expect 7 "NaN in samples" compile "$digits/model.onnx" --calibrate bad.npy -o new
npy big.npy '<f4' '(1, 1, 8, 8)' 252 '\000\000\172\104'
expect 0 "clipped where the model saturates" run m.tacit --input big.npy
expect 0 "compile to refuse" compile "$digits/model.onnx" --calibrate "$digits/calibration.npz" --overflow refuse -o r.tacit
expect 8 "outside the range where the model refuses" run r.tacit --input big.npy
npy bad.npy '<f4' '(2, 1, 8, 8)' 508 '\000\000\172\104'
expect 8 "the sample outside the range is named" run r.tacit --input bad.npy
says "sample 0: " "the sample outside the range is named"

# --- Files: 9, 10, 14 --------------------------------------------------------

cp m.key kept.key
expect 9 "an existing key is not overwritten" commit m.tacit -o new.cert --key m.key
cmp -s m.key kept.key || fail "the key was changed"
rm kept.key
mkdir folder
expect 9 "a folder instead of a model" run folder --input image.npy
mkdir folder.npy
expect 9 "a folder as output" run m.tacit --input image.npy -o folder.npy
expect 9 "a folder as proof" prove --key m.key --input image.npy -o folder
if [ -c /dev/full ]; then
    counter=yes
    expect 9 "disk full under the proof" prove --key m.key --input image.npy -o /dev/full
    counter=no
fi
# No file may grow: the same as a full disk.
for c in "compile $digits/model.onnx --calibrate $digits/calibration.npz -o new.tacit" \
    "commit m.tacit -o new.cert --key new.key" "run m.tacit --input image.npy -o new.npy"; do
    before=$(listing)
    # stdout and stderr are pipes here, since no file can take them.
    # shellcheck disable=SC2086
    text=$( (ulimit -f 0 && "$tacit" $c) 2>&1 >/dev/null)
    code=$?
    [ $code -eq 9 ] || fail "disk full: exit code $code, expected 9 (tacit $c): $text"
    [ "$before" = "$(listing)" ] || fail "disk full: files were left (tacit $c)"
    ok "disk full: ${c%% *}"
done
cp m.tacit bad.tacit
printf '\377\177' | dd of=bad.tacit bs=1 seek=4 conv=notrunc 2>/dev/null
expect 10 "a model of another version" run bad.tacit --input image.npy
cp image.npy bad.npy
printf '\011' | dd of=bad.npy bs=1 seek=6 conv=notrunc 2>/dev/null
expect 10 "npy of another version" run m.tacit --input bad.npy
expect 14 "missing model" run none.tacit --input image.npy
expect 14 "missing input" run m.tacit --input none.npy
expect 14 "missing ONNX file" check none.onnx
expect 14 "missing samples" compile "$digits/model.onnx" --calibrate none.npz -o new
expect 14 "missing key" prove --key none.key --input image.npy -o new
expect 14 "missing certificate" verify --cert none.cert p.tacit-proof
expect 14 "missing proof" verify --cert m.cert none.tacit-proof
expect 14 "missing file to inspect" inspect none
expect 14 "missing folder for the proof" prove --key m.key --input image.npy -o none/p

# --- Open weights ------------------------------------------------------------

# Two people on two machines: one digest, and each other's proofs verify.
for who in alice bob; do
    XDG_STATE_HOME=$work/state/$who
    expect 0 "$who commits to open weights" commit m.tacit -o $who.cert --key $who.key --proofs 3 --open-weights --json
    sed -n 's/.*"model_digest": *"\([0-9a-f]*\)".*/\1/p' "$out" >$who.digest
    expect 0 "$who proves" prove --key $who.key --input image.npy -o $who.tacit-proof
done
XDG_STATE_HOME=$work/state
[ "$(wc -c <alice.digest)" -eq 65 ] && cmp -s alice.digest bob.digest || fail "open weights: two digests"
expect 0 "alice verifies bob's proof" verify --cert alice.cert bob.tacit-proof --model-digest "$(cat alice.digest)" --output y.npy
expect 0 "bob verifies alice's proof" verify --cert bob.cert alice.tacit-proof --output y.npy
cmp -s alice.tacit-proof bob.tacit-proof && fail "two proofs of hidden inputs are the same"
expect 1 "a proof of hidden weights is another model's" verify --cert alice.cert p.tacit-proof
rm -f alice.* bob.*

# --- Columns of the key: stored or computed -----------------------------------

for how in stored computed; do
    expect 0 "commit with columns $how" commit m.tacit -o $how.cert --key $how.key --proofs 3 --columns $how --json
    expect 0 "prove with columns $how" prove --key $how.key --input image.npy -o $how.tacit-proof
    expect 0 "verify a proof of columns $how" verify --cert $how.cert $how.tacit-proof --output y.npy
done
[ "$(wc -c <stored.key)" -gt "$(wc -c <computed.key)" ] || fail "a key with columns is not larger"
[ "$(wc -c <stored.cert)" -gt 1000 ] && [ "$(wc -c <computed.cert)" -gt 1000 ] || fail "a certificate is missing"
rm -f stored.* computed.*

# --- The budget: 11 ----------------------------------------------------------

expect 0 "the only proof of a key" prove --key m2.key --input image.npy -o only.tacit-proof
expect 0 "verify the only proof" verify --cert m2.cert only.tacit-proof
expect 11 "budget used up" prove --key m2.key --input image.npy -o new
cp m2.key copy.key
expect 11 "budget used up in a copy" prove --key copy.key --input image.npy -o new

# --- Interrupted: 12 ---------------------------------------------------------

# Whenever the signal comes, the files are whole or not there.
for pause in 0 0.02 0.05 0.2; do
    rm -f i.cert i.key
    "$tacit" commit m.tacit -o i.cert --key i.key >"$out" 2>"$log" &
    child=$!
    sleep $pause
    kill -TERM $child 2>/dev/null
    wait $child
    code=$?
    # A signal before the handler is installed ends the process the usual way.
    [ $code -eq 0 ] || [ $code -eq 12 ] || [ $code -eq 143 ] || fail "interrupted: exit code $code"
    no_temporaries "interrupted"
    if [ -e i.cert ]; then [ -e i.key ] || fail "interrupted: a certificate without its key"; fi
    [ $code -ne 12 ] || [ ! -e i.cert ] || fail "interrupted: exit code 12, but there is a certificate"
done
ok "interrupted commit leaves nothing half-written"

echo "all $passed passed"
