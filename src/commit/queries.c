#include "commit/queries.h"
#include "base/wide.h"
#include "commit/geometry.h"

static uint64_t mul_high(uint64_t a, uint64_t b) {
    uint64_t high;
    (void)mul_64(a, b, &high);
    return high;
}

/* ceil(2^64 x / d) for x < d <= 2^32 (so the result fits): two steps of long division in base 2^32. */
static uint64_t ratio_up(uint64_t x, uint64_t d) {
    uint64_t high = (x << 32) / d, rest = (x << 32) % d;
    uint64_t low = (rest << 32) / d;
    return (high << 32) + low + ((rest << 32) % d != 0);
}

/* C(A,t)/C(n,t) = prod_{i<t} (A-i)/(n-i). The running product is at most m 2^-(63+e), 2^62 < m <= 2^63: every step
 * rounds up, so the answer is never too small; it is exact unless the product comes within 2^-50 of the target. */
uint32_t queries_for_bits(uint64_t n, uint64_t dimension, unsigned bits) {
    if (n > UINT64_C(1) << 32) return 0;
    uint64_t agree = (n + dimension + 1) / 2, m = UINT64_C(1) << 63;
    unsigned e = 0;
    for (uint32_t i = 0; i < n / 2; i++) {
        if (agree - i >= n - i) return 0;
        m = mul_high(m, ratio_up(agree - i, n - i)) + 1;
        for (; m <= UINT64_C(1) << 62; m <<= 1) e++;
        if (e >= bits) return i + 1;
    }
    return 0;
}

uint32_t geometry_queries(uint64_t n, uint64_t dimension) {
    return queries_for_bits(n, dimension, CHALLENGE_BITS);
}

/* 2^64 (1 - 2^-log)^t, rounded down; log >= 1. */
static uint64_t miss(unsigned log, uint32_t t) {
    uint64_t base = 0 - (UINT64_C(1) << (64 - log)), power = UINT64_MAX;
    for (; t; t >>= 1) {
        if (t & 1) power = mul_high(power, base);
        base = mul_high(base, base);
    }
    return power;
}

/* h <= 32. A node is sent when none of its leaves is opened and its sibling's are: 2^l nodes, each with probability
 * (1 - 2^-l)^t - (1 - 2^(1-l))^t. */
uint64_t expected_siblings(unsigned h, uint32_t t) {
    uint64_t sum = 0, above = 0; /* units of 2^-16 */
    for (unsigned l = 1; l <= h; l++) {
        uint64_t here = miss(l, t);
        sum += (here - above) >> (48 - l);
        above = here;
    }
    return (sum >> 16) + 1;
}

uint64_t most_siblings(unsigned h, uint32_t t) {
    uint64_t sum = 0;
    for (unsigned l = 1; l <= h; l++) {
        uint64_t pairs = UINT64_C(1) << (l - 1);
        sum += pairs < t ? pairs : t;
    }
    return sum;
}
