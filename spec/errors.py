"""How a verification ends when it does not end well (docs/protocol.md, section 11)."""


class Rejected(Exception):
    """The proof is well-formed and wrong. The text is the code's name in docs/protocol.md, section 11."""


class Malformed(Exception):
    """A file is not in its format, a program breaks a rule, or the sizes miss the security target.

    `status` is the status of docs/protocol.md, section 11: MALFORMED, VERSION, UNSUPPORTED, SOUNDNESS, VALUE.
    """

    def __init__(self, reason, status="MALFORMED"):
        super().__init__(reason)
        self.status = status


def demand(condition, reason, status="MALFORMED"):
    """A rule of the formats or of the program."""
    if not condition:
        raise Malformed(reason, status)
