#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <string.h>

static const Onnx__AttributeProto *find(const gnode *n, const char *name) {
    for (size_t i = 0; i < n->proto->n_attribute; i++) {
        const Onnx__AttributeProto *p = n->proto->attribute[i];
        if (p->name && strcmp(p->name, name) == 0) return p;
    }
    return NULL;
}

static tacit_status wrong_type(const gnode *n, const char *name, tacit_error *err) {
    return fail(err, TACIT_MALFORMED, "node \"%s\" (%s): attribute %s has the wrong type", n->name, n->op, name);
}

static bool is_type(const Onnx__AttributeProto *p, Onnx__AttributeProto__AttributeType type) {
    return p->has_type && p->type == type;
}

const Onnx__AttributeProto *attribute_proto(const gnode *n, const char *name) {
    return find(n, name);
}

bool attribute_has(const gnode *n, const char *name) {
    return find(n, name) != NULL;
}

tacit_status attribute_int(const gnode *n, const char *name, int64_t fallback, int64_t *out, tacit_error *err) {
    const Onnx__AttributeProto *p = find(n, name);
    if (p && !p->has_i && !is_type(p, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT)) return wrong_type(n, name, err);
    *out = p ? p->i : fallback; /* a writer may leave out a zero */
    return TACIT_OK;
}

tacit_status attribute_real(const gnode *n, const char *name, double fallback, double *out, tacit_error *err) {
    const Onnx__AttributeProto *p = find(n, name);
    if (p && !p->has_f && !is_type(p, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT)) return wrong_type(n, name, err);
    *out = p ? (double)p->f : fallback;
    if (*out - *out != 0)
        return fail(err, TACIT_VALUE, "node \"%s\" (%s): attribute %s is not finite", n->name, n->op, name);
    return TACIT_OK;
}

tacit_status attribute_ints(const gnode *n, const char *name, int64_t *out, uint32_t capacity, uint32_t *count,
                            tacit_error *err) {
    const Onnx__AttributeProto *p = find(n, name);
    *count = 0;
    if (!p) return TACIT_OK;
    if (p->n_ints == 0 && p->has_i) return wrong_type(n, name, err);
    if (p->n_ints > capacity)
        return fail(err, TACIT_UNSUPPORTED, "node \"%s\" (%s): attribute %s has %u entries", n->name, n->op, name,
                    (uint64_t)p->n_ints);
    for (size_t i = 0; i < p->n_ints; i++) out[i] = p->ints[i];
    *count = (uint32_t)p->n_ints;
    return TACIT_OK;
}

tacit_status attribute_reals(const gnode *n, const char *name, double *out, uint32_t capacity, uint32_t *count,
                             tacit_error *err) {
    const Onnx__AttributeProto *p = find(n, name);
    *count = 0;
    if (!p) return TACIT_OK;
    if (p->n_floats == 0 && p->has_f) return wrong_type(n, name, err);
    if (p->n_floats > capacity)
        return fail(err, TACIT_UNSUPPORTED, "node \"%s\" (%s): attribute %s has %u entries", n->name, n->op, name,
                    (uint64_t)p->n_floats);
    for (size_t i = 0; i < p->n_floats; i++) out[i] = (double)p->floats[i];
    *count = (uint32_t)p->n_floats;
    return TACIT_OK;
}

tacit_status attribute_text(const gnode *n, const char *name, const char *fallback, char *out, size_t size,
                            tacit_error *err) {
    const Onnx__AttributeProto *p = find(n, name);
    if (p && !p->has_s) return wrong_type(n, name, err);
    const char *from = p ? (const char *)p->s.data : fallback;
    size_t length = p ? p->s.len : strlen(fallback);
    if (length > size - 1) length = size - 1;
    if (length > 0) memcpy(out, from, length);
    out[length] = '\0';
    return TACIT_OK;
}

uint32_t attribute_text_count(const gnode *n, const char *name) {
    const Onnx__AttributeProto *p = find(n, name);
    return p ? (uint32_t)p->n_strings : 0;
}

tacit_status attribute_text_at(const gnode *n, const char *name, uint32_t i, char *out, size_t size, tacit_error *err) {
    const Onnx__AttributeProto *p = find(n, name);
    if (!p || i >= p->n_strings) return wrong_type(n, name, err);
    size_t length = p->strings[i].len < size - 1 ? p->strings[i].len : size - 1;
    if (length > 0) memcpy(out, p->strings[i].data, length);
    out[length] = '\0';
    return TACIT_OK;
}

const Onnx__TensorProto *attribute_tensor(const gnode *n, const char *name) {
    const Onnx__AttributeProto *p = find(n, name);
    return p ? p->t : NULL;
}

const Onnx__GraphProto *attribute_graph(const gnode *n, const char *name) {
    const Onnx__AttributeProto *p = find(n, name);
    return p ? p->g : NULL;
}

static bool listed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *p = list; n > 0 && (p = strstr(p, name)) != NULL; p += n) {
        bool begins = p == list || p[-1] == ' ', ends = p[n] == ' ' || p[n] == '\0';
        if (begins && ends) return true;
    }
    return false;
}

tacit_status attribute_check(const gnode *n, const char *allowed, tacit_error *err) {
    for (size_t i = 0; i < n->proto->n_attribute && allowed; i++) {
        const Onnx__AttributeProto *p = n->proto->attribute[i];
        if (!p->name || (p->ref_attr_name && p->ref_attr_name[0] != '\0') || !listed(allowed, p->name))
            return fail(err, TACIT_UNSUPPORTED, "node \"%s\" (%s): attribute \"%s\"", n->name, n->op,
                        p->name ? p->name : "");
    }
    return TACIT_OK;
}
