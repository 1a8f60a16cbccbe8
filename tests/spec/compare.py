"""compare.py TACIT SPEC CERTIFICATE accept|reject PROOF...: both verifiers on each proof.

They must agree: verified with the same public integers; rejected for the same reason (docs/protocol.md, section 11); or
neither verified nor rejected (the file is malformed, of another version or profile).
"""
import json
import subprocess
import sys


def by_tacit(tacit, certificate, proof):
    """(verdict, reason or values) of the command."""
    arguments = [tacit, "verify", "--no-cache", "--json", "--cert", certificate, proof]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode == 1:
        return "rejected", json.loads(done.stdout)["rejected_by"]
    if done.returncode:
        return "malformed", ""
    values = {}
    for each in json.loads(done.stdout)["values"]:
        values.setdefault(each["tensor"], []).append(str(each["integer"]))
    return "verified", values


def by_second(spec, certificate, proofs):
    """The same for all proofs, in one run of the second verifier: it checks the certificate once."""
    done = subprocess.run([sys.executable, spec, certificate] + proofs, capture_output=True, text=True, check=False)
    verdicts = []
    for line in done.stdout.splitlines():
        words = line.split()
        if line == "verified":
            verdicts.append(("verified", {}))
        elif words[0] == "rejected:":
            verdicts.append(("rejected", words[1]))
        elif words[0] == "malformed:":
            verdicts.append(("malformed", ""))
        elif words[0] in ("input", "output") and words[2] != "private":
            verdicts[-1][1][words[1]] = words[2:]
    code = next((code for code in map(code_of, verdicts) if code), 0)
    if done.returncode != code:
        sys.exit("FAILED: the second verifier ended with %d\n%s" % (done.returncode, done.stderr))
    if len(verdicts) == 1 and len(proofs) > 1 and code == 3:  # the certificate itself
        verdicts *= len(proofs)
    if len(verdicts) != len(proofs):
        sys.exit("FAILED: %d verdicts for %d proofs" % (len(verdicts), len(proofs)))
    return verdicts


def code_of(verdict):
    return {"verified": 0, "rejected": 1, "malformed": 3}[verdict[0]]


def main(tacit, spec, certificate, expected, *proofs):
    for proof, second in zip(proofs, by_second(spec, certificate, list(proofs))):
        first = by_tacit(tacit, certificate, proof)
        name = proof.split("/")[-1]
        if first != second:
            sys.exit("FAILED: %s: tacit says %s, the second verifier %s" % (name, first, second))
        if (second[0] == "verified") != (expected == "accept"):
            sys.exit("FAILED: %s: both say %s" % (name, second))
        print("ok: %s: %s %s" % (name, second[0], second[1]))


main(*sys.argv[1:])
