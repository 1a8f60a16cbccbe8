#include "rounds.h"
#include <string.h>
#include "poly/eq.h"

round_case round_case_of(json *test) {
    size_t n = 0;
    json *products = get(test, "products");
    round_case c = {.gruen = has(test, "z"),
                    .rounds = (unsigned)get_number(test, "rounds"),
                    .degree = (unsigned)get_number(test, "degree"),
                    .claim = ext_of(get(test, "claim")),
                    .products = (unsigned)length(products)};
    if (c.gruen) c.z = get_exts(test, "z", &n);
    c.product = vectors_new(c.products, sizeof *c.product);
    for (unsigned i = 0; i < c.products; i++) {
        round_product *p = &c.product[i];
        json *tables = at(products, i);
        *p = (round_product){.factors = (unsigned)length(tables), .late = EXT_ONE};
        for (unsigned k = 0; k < p->factors; k++) {
            n = length(at(tables, k));
            p->table[k] = vectors_new(n, sizeof(ext));
            for (size_t j = 0; j < n; j++) p->table[k][j] = ext_of(at(at(tables, k), j));
        }
        while ((size_t)1 << p->vars < n) p->vars++;
    }
    return c;
}

static ext product_at(const round_product *p, size_t i) {
    ext v = p->late;
    for (unsigned k = 0; k < p->factors; k++) v = ext_mul(v, p->table[k][i]);
    return v;
}

ext round_case_value(const round_case *c) {
    ext total = EXT_ZERO;
    for (unsigned j = 0; j < c->products; j++) {
        const round_product *p = &c->product[j];
        for (size_t i = 0; i < (size_t)1 << p->vars; i++) {
            ext w = c->gruen ? eq_index(c->z, p->vars, i) : EXT_ONE;
            total = ext_add(total, ext_mul(w, product_at(p, i)));
        }
    }
    return total;
}

static round_product folded(const round_product *p, ext r) {
    round_product q = *p;
    if (!p->vars) {
        q.late = ext_mul(p->late, ext_one_minus(r));
        return q;
    }
    q.vars--;
    for (unsigned k = 0; k < p->factors; k++) {
        q.table[k] = vectors_new((size_t)1 << q.vars, sizeof(ext));
        for (size_t i = 0; i < (size_t)1 << q.vars; i++)
            q.table[k][i] = ext_lerp(p->table[k][2 * i], p->table[k][2 * i + 1], r);
    }
    return q;
}

void round_case_fold(round_case *c, ext r) {
    round_product *all = vectors_new(c->products, sizeof *all);
    for (unsigned j = 0; j < c->products; j++) all[j] = folded(&c->product[j], r);
    c->product = all;
    if (c->gruen) c->z++;
}

ext round_case_at(const round_case *c, ext x) {
    round_case next = *c;
    round_case_fold(&next, x);
    return round_case_value(&next);
}
