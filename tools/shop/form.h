// Forms and the text in pages: reading application/x-www-form-urlencoded, and writing what people typed into HTML.
#ifndef TOOLS_SHOP_FORM_H
#define TOOLS_SHOP_FORM_H

#include "libcommon/base/buf.h"

#include <stddef.h>

// Decodes a form's text from `from` up to & or the end into `out`, cut to its size.
void form_decode(const char *from, char *out, size_t size);
// The value of field `name` of a form or query (NULL: an empty one), decoded; "" when it is not there.
void form_value(const char *form, const char *name, char *out, size_t size);
// The same as a whole number from 0 to `max`; `otherwise` when it is no such number.
unsigned form_number(const char *form, const char *name, unsigned otherwise, unsigned max);

// Appends `text` as HTML shows it, in an element or in a quoted attribute.
void form_escape(struct ll_buf *out, const char *text);

#endif
