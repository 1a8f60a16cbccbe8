/* make_vectors FOLDER: prints the test vectors of this build's extension degree into a folder that has proofs/.
 * make_vectors --model FILE: the model of which vectors/make_proofs.sh makes the proofs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "field/vec.h"
#include "vectors.h"

static void write_file(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) vectors_fail("cannot write %s", path);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--model") == 0) {
        bytes b = small_model();
        write_file(argv[2], b.data, b.size);
        vectors_free();
        return 0;
    }
    if (argc != 2) {
        fprintf(stderr, "usage: make_vectors FOLDER | --model FILE\n");
        return 2;
    }
    scene s = {.folder = argv[1]};
    vec_select(NULL);
    sha256_select(NULL);
    if (arena_map(&s.a, (size_t)1 << 30, &s.err) != TACIT_OK) vectors_fail("%s", s.err.text);
    for (size_t i = 0; i < vector_file_count; i++) {
        char name[64], path[512];
        if (!vector_file_name(&vector_files[i], name)) continue;
        char *text = make_file(&s, &vector_files[i]);
        snprintf(path, sizeof path, "%s/%s", argv[1], name);
        write_file(path, text, strlen(text));
        printf("%s\n", name);
        free(text);
    }
    arena_unmap(&s.a);
    vectors_free();
    return 0;
}
