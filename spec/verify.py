#!/usr/bin/env python3
"""verify.py CERTIFICATE PROOF...: a second verifier of tacit's proofs.

For each proof it prints "verified" with the shown values, or "rejected: REASON", or "malformed: REASON". The exit code
is 0 if all are verified, else that of the first that is not: 1 rejected, 3 malformed. 2 is wrong usage, 9 a file that
cannot be read, 15 an error in this program.
"""
import sys
import traceback

sys.dont_write_bytecode = True  # this folder holds sources only

from errors import Malformed, Rejected
from files import inference_statement, parse_certificate_file, parse_proof_file, range_statement
from program import OUTPUT
from statement import verify_statement


class Verifier:
    """A certificate file; its range proof is verified once."""

    def __init__(self, certificate_data):
        self.model = parse_certificate_file(certificate_data)
        self.range_reason = None
        self.range_checked = False

    def check_range(self):
        """The certificate's own proof."""
        if not self.range_checked:
            try:
                verify_statement(range_statement(self.model), self.model.range_proof)
            except Rejected as reason:
                self.range_reason = reason
            self.range_checked = True
        if self.range_reason:
            raise Rejected("RANGE_PROOF")

    def verify(self, proof_data, model=None, context=None):
        """The proof file's contents, if they prove what they say, of the model and context that the caller expects."""
        proof = parse_proof_file(self.model, proof_data)
        statement = inference_statement(self.model, proof)
        if model not in (None, proof.model):
            raise Rejected("CERTIFICATE_DIGEST")
        if context not in (None, proof.context):
            raise Rejected("CONTEXT")
        self.check_range()
        verify_statement(statement, proof.messages)
        return proof


def describe(model, proof):
    """What the proof says."""
    yield "model digest %s" % model.digest.hex()
    yield "context %r" % proof.context
    for each, values in zip(model.shown, proof.values):
        tensor = model.program.tensors[each.tensor]
        kind = "output" if tensor.kind == OUTPUT else "input"
        if values is None:
            yield "%s %s private" % (kind, tensor.name)
        else:
            yield "%s %s %s" % (kind, tensor.name, " ".join(map(str, values)))


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def report(verifier, path):
    """Prints the verdict; gives the exit code."""
    try:
        proof = verifier.verify(read_file(path))
    except Rejected as reason:
        print("rejected: %s" % reason, flush=True)
        return 1
    except Malformed as reason:
        print("malformed: %s" % reason, flush=True)
        return 3
    print("verified")
    for line in describe(verifier.model, proof):
        print("  " + line, flush=True)
    return 0


def main(arguments):
    if len(arguments) < 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        verifier = Verifier(read_file(arguments[0]))
    except Malformed as reason:
        print("malformed: %s" % reason)
        return 3
    codes = [report(verifier, path) for path in arguments[1:]]
    return next((code for code in codes if code), 0)


def guarded_main(arguments):
    """An error in this program must not look like a verdict."""
    try:
        return main(arguments)
    except OSError as error:
        print(error, file=sys.stderr)
        return 9
    except Exception:
        traceback.print_exc()
        return 15


if __name__ == "__main__":
    sys.exit(guarded_main(sys.argv[1:]))
