/* errors: one line of text for whoever runs the command. */
#ifndef TACIT_APP_ERRORS_H
#define TACIT_APP_ERRORS_H
#include <stddef.h>
#include "tacit/status.h"

/* Sets status and text (printf format); answers the status. */
TACIT_MUST_CHECK tacit_status cli_fail(tacit_error *err, tacit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "where: " before the text of a failed call, unless the text names it already. Answers the status. */
TACIT_MUST_CHECK tacit_status cli_at(const char *where, tacit_status status, tacit_error *err);
/* What to do about a failure of this kind; "" where nothing can be said in general. */
const char *cli_advice(tacit_status status);
/* Copies text that may come from a hostile file (names, contexts): control characters and what is not UTF-8 become '?',
 * so that it cannot write to the terminal what it likes and JSON stays JSON. size: of out, at least 1. */
void cli_clean(char *out, size_t size, const char *text, size_t length);

#define CLI_TRY(expr)                                                                                                  \
    do {                                                                                                               \
        tacit_status cli_status_ = (expr);                                                                             \
        if (cli_status_ != TACIT_OK) return cli_status_;                                                               \
    } while (0)

#endif
