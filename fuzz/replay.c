/* Replays files (or all files of folders) through a libFuzzer target, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static unsigned replayed;

static void replay_file(const char *path) {
    FILE *f = fopen(path, "rb");
    struct stat s;
    if (!f || fstat(fileno(f), &s) != 0) exit(2);
    size_t size = (size_t)s.st_size;
    unsigned char *data = malloc(size ? size : 1); /* exactly as long, so that a sanitizer sees one byte too far */
    if (!data || fread(data, 1, size, f) != size) exit(2);
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    replayed++;
}
static void replay(const char *path) {
    DIR *d = opendir(path);
    char name[4096];
    if (!d) {
        replay_file(path);
        return;
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        replay_file(name);
    }
    closedir(d);
}

int main(int argc, char **argv) {
    if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) replay(argv[i]);
    printf("%u files\n", replayed);
    return replayed ? 0 : 1;
}
