/* compile/onnx/attribute: attributes of a node, by name. A missing one answers the default; one of another type is an
 * error that names node and attribute. */
#ifndef COMPILE_ONNX_ATTRIBUTE_H
#define COMPILE_ONNX_ATTRIBUTE_H
#include "compile/graph.h"

bool attribute_has(const gnode *n, const char *name);
/* For long lists; NULL when missing. */
const struct Onnx__AttributeProto *attribute_proto(const gnode *n, const char *name);
tacit_status attribute_int(const gnode *n, const char *name, int64_t fallback, int64_t *out,
                           tacit_error *err) TACIT_MUST_CHECK;
tacit_status attribute_real(const gnode *n, const char *name, double fallback, double *out,
                            tacit_error *err) TACIT_MUST_CHECK;
/* At most `capacity` integers; *count = 0 when missing. */
tacit_status attribute_ints(const gnode *n, const char *name, int64_t *out, uint32_t capacity, uint32_t *count,
                            tacit_error *err) TACIT_MUST_CHECK;
/* At most `capacity` reals; *count = 0 when missing. */
tacit_status attribute_reals(const gnode *n, const char *name, double *out, uint32_t capacity, uint32_t *count,
                             tacit_error *err) TACIT_MUST_CHECK;
/* The text, cut at `size` - 1 characters; the fallback when missing. */
tacit_status attribute_text(const gnode *n, const char *name, const char *fallback, char *out, size_t size,
                            tacit_error *err) TACIT_MUST_CHECK;
const struct Onnx__GraphProto *attribute_graph(const gnode *n, const char *name);
/* A list of texts: how many there are (0 when missing), and text i, as above. */
uint32_t attribute_text_count(const gnode *n, const char *name);
tacit_status attribute_text_at(const gnode *n, const char *name, uint32_t i, char *out, size_t size,
                               tacit_error *err) TACIT_MUST_CHECK;
const struct Onnx__TensorProto *attribute_tensor(const gnode *n, const char *name);
/* UNSUPPORTED at the first attribute that is not in `allowed` (names separated by blanks; NULL: any). */
tacit_status attribute_check(const gnode *n, const char *allowed, tacit_error *err) TACIT_MUST_CHECK;
#endif
