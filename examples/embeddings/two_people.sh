#!/bin/sh
# Alice and Bob learn how near their sentences are, and show no sentence. README.md says who learns what.
#   two_people.sh WHEEL M.TACIT FOLDER "Alice's sentence" "Bob's sentence"
# Both have m.tacit, whose weights are published. Each has a folder of his own, as if on a machine of his own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wheel=$1 model=$2 folder=$3
mkdir -p "$folder/alice" "$folder/bob"
context="alice and bob, $(date -u +%Y-%m-%dT%H:%M:%SZ)"

as() { XDG_STATE_HOME=$folder/$1/state XDG_CACHE_HOME=$folder/$1/cache; export XDG_STATE_HOME XDG_CACHE_HOME; echo; echo "== $1"; }
show() { echo "\$ $*" | sed "s|$folder/||g; s|$here/||g" >&2; "$@"; }
tokens() { python3 "$here/../tokens/tokenise.py" "$wheel" "$model" "$1" --with "$2" -o "$3"; }

# The same model and the same options: the same digest, which nobody has to be told.
commit() {
    as "$1"
    show tacit commit "$model" --open-weights --proofs 20 -o "$folder/$1/m.cert" --key "$folder/$1/m.key" >"$folder/$1/commit.txt"
    grep digest "$folder/$1/commit.txt"
}
commit alice
commit bob
digest=$(sed -n 's/^model digest *//p' "$folder/bob/commit.txt")

as alice # shows her embedding; her sentence, and the cosine with nobody, stay hidden
tokens "$4" "$(dirname "$model")/nobody.npz" "$folder/alice/x.npz"
show tacit prove --key "$folder/alice/m.key" --input "$folder/alice/x.npz" --hide cosine --context "$context" \
    -o "$folder/alice/sentence.tacit-proof" | grep -E "^(proof size|prove seconds|peak)"

as bob # verifies, compares with her embedding, shows that and the cosine; his sentence and his embedding stay hidden
show python3 "$here/public.py" -o "$folder/bob/hers.npz" --rename sentence=other -- --cert "$folder/bob/m.cert" \
    "$folder/alice/sentence.tacit-proof" --model-digest "$digest" --context "$context"
tokens "$5" "$folder/bob/hers.npz" "$folder/bob/x.npz"
show tacit prove --key "$folder/bob/m.key" --input "$folder/bob/x.npz" --show other --hide sentence --context "$context" \
    -o "$folder/bob/cosine.tacit-proof" | grep -E "^(proof size|prove seconds|peak)"

as alice # the embedding in Bob's proof must be hers
show python3 "$here/public.py" -o "$folder/alice/hers.npz" --rename sentence=other -- --cert "$folder/alice/m.cert" \
    "$folder/alice/sentence.tacit-proof" >/dev/null
show tacit verify --cert "$folder/alice/m.cert" "$folder/bob/cosine.tacit-proof" --model-digest "$digest" --context "$context" \
    --input "$folder/alice/hers.npz" | grep -E "^verdict|^model digest|cosine|^verify seconds"
