/* command: the subcommands, one file each. */
#ifndef TACIT_APP_COMMAND_H
#define TACIT_APP_COMMAND_H
#include "options.h"
#include "report.h"

typedef struct command {
    const char *name, *summary;
    const char *synopsis; /* without "tacit name" */
    const char *examples; /* whole lines */
    const option_def *options;
    size_t min_files, max_files;
    tacit_status (*run)(const arguments *args, report *r, tacit_error *err);
} command;

extern const command cmd_check, cmd_compile, cmd_commit, cmd_run, cmd_prove, cmd_verify, cmd_inspect, cmd_params;

/* One program holds the command twice, for each security profile (cmake/apps.cmake); this is the other one. */
#if EXT_DEG == 2
enum { COMMAND_SECURITY = 100 };
#define command_main main
int command_main_128(int argc, char **argv);
#else
enum { COMMAND_SECURITY = 128 };
#define command_main command_main_128
#endif

/* Every command has these; they stand at the end of its table. */
#define COMMON_OPTIONS                                                                                                 \
    {"security", 0, "BITS", false, "security profile of certificates and proofs: 100 (the default) or 128"},           \
        {"json", 0, NULL, false, "print one JSON object instead of text"},                                             \
        {"help", 'h', NULL, false, "print this help"}, {                                                               \
        0                                                                                                              \
    }

#endif
