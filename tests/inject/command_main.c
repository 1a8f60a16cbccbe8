/* The command's own source, its main under another name. */
int tacit_main(int argc, char **argv);
#define main tacit_main
#include "../../apps/tacit/main.c"
