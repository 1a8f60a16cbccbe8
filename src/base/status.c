/* base/status: the texts of the two tables in tacit/status.h. */
#include "tacit/status.h"

const char *tacit_status_text(tacit_status status) {
    switch (status) {
#define TACIT_X(name, code, text)                                                                                      \
    case TACIT_##name:                                                                                                 \
        return text;
        TACIT_STATUS_TABLE(TACIT_X)
#undef TACIT_X
    }
    return "unknown status";
}

const char *tacit_status_name(tacit_status status) {
    switch (status) {
#define TACIT_X(name, code, text)                                                                                      \
    case TACIT_##name:                                                                                                 \
        return #name;
        TACIT_STATUS_TABLE(TACIT_X)
#undef TACIT_X
    }
    return "UNKNOWN";
}

const char *tacit_reject_text(tacit_reject reject) {
    switch (reject) {
#define TACIT_X(name, code, text)                                                                                      \
    case TACIT_REJECT_##name:                                                                                          \
        return text;
        TACIT_REJECT_TABLE(TACIT_X)
#undef TACIT_X
    }
    return "unknown check";
}

const char *tacit_reject_name(tacit_reject reject) {
    switch (reject) {
#define TACIT_X(name, code, text)                                                                                      \
    case TACIT_REJECT_##name:                                                                                          \
        return #name;
        TACIT_REJECT_TABLE(TACIT_X)
#undef TACIT_X
    }
    return "UNKNOWN";
}
