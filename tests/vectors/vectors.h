/* tests/vectors: the published test vectors (vectors/README.md). A file is made from cases (inputs, written in
 * cases_*.c) and answers (what the library says to them, answer_*.c). make_vectors prints both; test_vectors reads the
 * published files and answers every case again. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>
#include "base/arena.h"
#include "base/error.h"
#include "field/ext.h"
#include "hash/sha256.h"

typedef struct json_object json;
typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;

/* ---- memory that lives until vectors_free */
void *vectors_new(size_t count, size_t size);
void vectors_free(void);
/* Prints and ends the program: a vector file or a case that is not as it must be. */
_Noreturn void vectors_fail(const char *format, const char *what);

/* ---- reading: a key that is not there, or of another form, ends the program */
bool has(json *o, const char *key);
json *get(json *o, const char *key);
size_t length(json *array);
json *at(json *array, size_t i);
const char *get_text(json *o, const char *key);
uint64_t get_number(json *o, const char *key); /* a JSON number, or a decimal string */
int64_t get_signed(json *o, const char *key);
uint64_t number_of(json *v);
int64_t signed_of(json *v);
bytes get_bytes(json *o, const char *key); /* hexadecimal */
bytes bytes_of(json *v);
digest digest_of(json *v);
gl gl_of(json *v);
ext ext_of(json *v);
gl *get_gls(json *o, const char *key, size_t *n);
ext *get_exts(json *o, const char *key, size_t *n);
bytes file_bytes(const char *folder, const char *name);

/* ---- writing */
json *text_of(const char *text);
json *json_word(uint64_t v); /* decimal string */
json *json_signed(int64_t v);
json *json_bytes(const void *data, size_t size);
json *json_digest(digest d);
json *json_ext(ext v);
json *json_exts(const ext *v, size_t n);
json *json_words(const uint64_t *v, size_t n);
void put(json *o, const char *key, json *v);
void put_count(json *o, const char *key, uint64_t v); /* JSON number, below 2^32 */

/* ---- answers */
typedef struct scene {
    const char *folder; /* of the published files: proofs/ lies in it */
    arena a;
    tacit_error err;
} scene;
/* Fills `out` with the results of a case: "result", "reason" when it is invalid, and what its type gives. */
void answer(scene *s, const char *type, json *test, json *out);
typedef void answer_function(scene *s, json *test, json *out);
typedef struct answer_entry {
    const char *type;
    answer_function *function;
} answer_entry;
extern const answer_entry arithmetic_answers[], protocol_answers[], file_answers[];
void put_valid(json *out);
void put_invalid(json *out, const char *reason);
void put_status(json *out, tacit_status status, const tacit_error *err); /* REJECTED: the check's name */

/* ---- cases */
json *new_file(const char *algorithm, const char *text, bool of_degree);
void add_note(json *file, const char *flag, const char *text);
json *add_group(json *file, const char *type, const char *comment);
json *add_case(json *group, const char *flag, const char *comment); /* a flag of the file's notes */
bytes small_model(void);                                            /* the model of proofs/ */
extern const char small_public[];
/* A text in which `from`, which occurs once, is `to`. */
char *replaced(const char *text, const char *from, const char *to);
/* The same numbers every time. */
void random_start(uint64_t seed);
uint64_t random_word(void);
gl random_gl(void);
ext random_ext(void);
/* Bytes of a line of text (assemble.c). */
bytes assemble(const char *text);

typedef json *case_maker(scene *s);
typedef struct vector_file {
    const char *name;
    bool of_degree; /* one file per extension degree: name-2.json, name-3.json */
    case_maker *make;
} vector_file;
extern const vector_file vector_files[];
extern const size_t vector_file_count;
case_maker field_cases, extension_cases, transform_cases, sha256_cases, merkle_cases, transcript_cases, ladder_cases,
    sumcheck_cases, logup_cases, program_cases, certificate_cases, model_cases, proof_cases;
/* Name of a file in the folder; false if another degree's build makes it. */
bool vector_file_name(const vector_file *f, char name[64]);
/* The file's text, malloc'd by json-c's printbuf rules: one test a line. */
char *make_file(scene *s, const vector_file *f);
#endif
