/* tacit/status.h: what every function of the library answers.
 *
 * Bad data gets a status and one line of text, never a crash. Rejected proofs carry the code of the check that
 * rejected them, so that tests (and auditors) can tell the checks apart. */
#ifndef TACIT_STATUS_H
#define TACIT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#if defined(__GNUC__)
#define TACIT_MUST_CHECK __attribute__((warn_unused_result))
#else
#define TACIT_MUST_CHECK
#endif

/* One table: name, exit code of the command, text. */
#define TACIT_STATUS_TABLE(X)                                                                                          \
    X(OK, 0, "ok")                                                                                                     \
    X(REJECTED, 1, "rejected")                                                                                         \
    X(USAGE, 2, "usage")                                                                                               \
    X(MALFORMED, 3, "malformed data")                                                                                  \
    X(RESOURCES, 4, "not enough memory or scratch")                                                                    \
    X(UNSUPPORTED, 5, "not supported")                                                                                 \
    X(SHAPE, 6, "wrong shape or type")                                                                                 \
    X(VALUE, 7, "value not allowed")                                                                                   \
    X(OVERFLOW, 8, "outside the calibrated range")                                                                     \
    X(IO, 9, "input/output error")                                                                                     \
    X(VERSION, 10, "another version")                                                                                  \
    X(BUDGET, 11, "hiding budget used up")                                                                             \
    X(INTERRUPTED, 12, "interrupted")                                                                                  \
    X(SOUNDNESS, 13, "security target missed")                                                                         \
    X(MISSING, 14, "file not found")                                                                                   \
    X(INTERNAL, 15, "internal error")

typedef enum tacit_status {
#define TACIT_X(name, code, text) TACIT_##name = code,
    TACIT_STATUS_TABLE(TACIT_X)
#undef TACIT_X
} tacit_status;

/* Every check of the verifier that can reject has a code of its own (docs/protocol.md lists them). */
#define TACIT_REJECT_TABLE(X)                                                                                          \
    X(NONE, 0, "none")                                                                                                 \
    X(CERTIFICATE_DIGEST, 1, "the proof names another model")                                                          \
    X(PUBLIC_RANGE, 2, "a public value is outside its interval")                                                       \
    X(SHORT, 3, "the proof ends too early")                                                                            \
    X(LONG, 4, "bytes after the end of the proof")                                                                     \
    X(NOT_CANONICAL, 5, "a field element is not canonical")                                                            \
    X(MERKLE, 6, "an opened column does not lie under its root")                                                       \
    X(LEVEL0, 7, "an opened column disagrees with the committed fold")                                                 \
    X(INNER, 8, "an opened column of an inner level disagrees with the clear vector")                                  \
    X(FUNCTIONAL, 9, "the batched equation does not hold")                                                             \
    X(DEGENERATE, 10, "a challenge that only a restart can meet")                                                      \
    X(RANGE_PROOF, 11, "the certificate's range proof does not verify")                                                \
    X(CONTEXT, 12, "the proof was made for another context")                                                           \
    X(OUTPUT, 13, "the proof shows another output")                                                                    \
    X(INPUT, 14, "the proof shows another input")

typedef enum tacit_reject {
#define TACIT_X(name, code, text) TACIT_REJECT_##name = code,
    TACIT_REJECT_TABLE(TACIT_X)
#undef TACIT_X
} tacit_reject;

/* Status, reject code and one line of text that names the file, node or field. Never holds secret values. */
typedef struct tacit_error {
    tacit_status status;
    tacit_reject reject;
    char text[240];
} tacit_error;

const char *tacit_status_text(tacit_status status);
const char *tacit_status_name(tacit_status status);
const char *tacit_reject_text(tacit_reject reject);
const char *tacit_reject_name(tacit_reject reject);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
