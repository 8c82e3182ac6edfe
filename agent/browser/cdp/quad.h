// Where a flat thing is drawn: a rectangle's four corners as points of the page, whatever transforms are between the
// two (rotation, scaling, perspective). Straight lines stay straight, so the corners tell where every point comes to.
// Paul Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), 2.2.3.
#ifndef AGENT_BROWSER_CDP_QUAD_H
#define AGENT_BROWSER_CDP_QUAD_H

#include <stdbool.h>

enum { LL_QUAD_NUMBERS = 8 }; // x and y of the corners, clockwise from the top left one

struct ll_quad_point {
    double x, y;
};

struct ll_quad { // a projective map of the unit square: row by row
    double m[3][3];
};

// False when it is drawn as a line or a point.
bool ll_quad_make(const double corners[LL_QUAD_NUMBERS], struct ll_quad *out);
// Where a point of the rectangle comes to; x and y are shares of its width and height. False when that is infinitely
// far away, as points beside the rectangle may be in perspective.
bool ll_quad_out(const struct ll_quad *quad, struct ll_quad_point share, struct ll_quad_point *out);
// Which point of the rectangle is drawn there, as shares. False likewise, at the horizon.
bool ll_quad_in(const struct ll_quad *quad, struct ll_quad_point at, struct ll_quad_point *out);

#endif
