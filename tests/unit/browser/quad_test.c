#include "agent/browser/cdp/quad.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static struct ll_quad_point out_of(const struct ll_quad *quad, double x, double y) {
    struct ll_quad_point at = {NAN, NAN};
    cr_expect(ll_quad_out(quad, (struct ll_quad_point){x, y}, &at));
    return at;
}

static struct ll_quad_point into(const struct ll_quad *quad, double x, double y) {
    struct ll_quad_point share = {NAN, NAN};
    cr_expect(ll_quad_in(quad, (struct ll_quad_point){x, y}, &share));
    return share;
}

static void expect_point(struct ll_quad_point at, double x, double y) {
    cr_expect(fabs(at.x - x) < 1e-6 && fabs(at.y - y) < 1e-6, "%f,%f, not %f,%f", at.x, at.y, x, y);
}

static void expect_there_and_back(const struct ll_quad *quad) {
    for (int i = 0; i <= 4; i++) {
        for (int j = 0; j <= 4; j++) {
            struct ll_quad_point at = out_of(quad, i / 4.0, j / 4.0);
            expect_point(into(quad, at.x, at.y), i / 4.0, j / 4.0);
        }
    }
}

Test(quad, a_rectangle_that_is_moved_and_scaled) {
    struct ll_quad quad;
    cr_assert(ll_quad_make((double[]){10, 20, 110, 20, 110, 70, 10, 70}, &quad));
    expect_point(out_of(&quad, 0.5, 0.5), 60, 45);
    expect_point(into(&quad, 35, 70), 0.25, 1);
    expect_there_and_back(&quad);
}

Test(quad, a_rectangle_that_is_turned) {
    struct ll_quad quad; // by 90 degrees
    cr_assert(ll_quad_make((double[]){100, 0, 100, 200, 0, 200, 0, 0}, &quad));
    expect_point(out_of(&quad, 0.25, 0), 100, 50);
    expect_there_and_back(&quad);
}

Test(quad, a_rectangle_in_perspective) {
    struct ll_quad quad; // its right side is three times as far away
    cr_assert(ll_quad_make((double[]){0, 0, 100, 40, 100, 80, 0, 120}, &quad));
    expect_point(out_of(&quad, 1, 1), 100, 80);
    expect_point(out_of(&quad, 0.5, 0.5), 75, 60); // where the diagonals meet
    expect_there_and_back(&quad);
}

Test(quad, what_is_drawn_as_a_line_is_none) {
    struct ll_quad quad;
    cr_expect_not(ll_quad_make((double[]){0, 0, 100, 0, 100, 0, 0, 0}, &quad));
    cr_expect_not(ll_quad_make((double[]){5, 5, 5, 5, 5, 5, 5, 5}, &quad));
    cr_expect_not(ll_quad_make((double[]){NAN, 0, 1, 0, 1, 1, 0, 1}, &quad));
}

// As it is between what is in front of the viewer and what is behind.
Test(quad, a_point_that_is_infinitely_far_away_has_no_place) {
    struct ll_quad quad; // its sides meet 150 to the right, 1.5 widths of it behind the viewer
    struct ll_quad_point at;
    cr_assert(ll_quad_make((double[]){0, 0, 100, 40, 100, 80, 0, 120}, &quad));
    cr_expect_not(ll_quad_out(&quad, (struct ll_quad_point){-0.5, 0.5}, &at));
    cr_expect_not(ll_quad_in(&quad, (struct ll_quad_point){150, 60}, &at));
    cr_expect_not(ll_quad_in(&quad, (struct ll_quad_point){NAN, 0}, &at));
}
