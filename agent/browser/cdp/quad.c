#include "agent/browser/cdp/quad.h"

#include <math.h>

static const double nothing = 1e-9; // a square pixel is 1

bool ll_quad_make(const double corners[LL_QUAD_NUMBERS], struct ll_quad *out) {
    const double *c = corners;
    for (int i = 0; i < LL_QUAD_NUMBERS; i++)
        if (!isfinite(c[i])) return false;
    double right_x = c[2] - c[4], right_y = c[3] - c[5]; // from the bottom right corner to the two beside it
    double bottom_x = c[6] - c[4], bottom_y = c[7] - c[5];
    double bent_x = c[0] - c[2] + c[4] - c[6], bent_y = c[1] - c[3] + c[5] - c[7]; // 0: a parallelogram
    double area = right_x * bottom_y - bottom_x * right_y;
    if (fabs(area) < nothing) return false;
    double g = (bent_x * bottom_y - bottom_x * bent_y) / area;
    double h = (right_x * bent_y - bent_x * right_y) / area;
    *out = (struct ll_quad){{{c[2] - c[0] + g * c[2], c[6] - c[0] + h * c[6], c[0]},
                             {c[3] - c[1] + g * c[3], c[7] - c[1] + h * c[7], c[1]},
                             {g, h, 1}}};
    return true;
}

static bool apply(const double m[3][3], struct ll_quad_point p, struct ll_quad_point *out) {
    double w = m[2][0] * p.x + m[2][1] * p.y + m[2][2];
    if (fabs(w) < nothing) return false;
    *out = (struct ll_quad_point){(m[0][0] * p.x + m[0][1] * p.y + m[0][2]) / w,
                                  (m[1][0] * p.x + m[1][1] * p.y + m[1][2]) / w};
    return isfinite(out->x) && isfinite(out->y);
}

bool ll_quad_out(const struct ll_quad *quad, struct ll_quad_point share, struct ll_quad_point *out) {
    return apply(quad->m, share, out);
}

// By the adjugate, which is the inverse but for a factor that a projective map does not see.
bool ll_quad_in(const struct ll_quad *quad, struct ll_quad_point at, struct ll_quad_point *out) {
    double back[3][3];
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            back[i][j] = quad->m[a][c] * quad->m[b][d] - quad->m[a][d] * quad->m[b][c];
        }
    }
    return apply(back, at, out);
}
