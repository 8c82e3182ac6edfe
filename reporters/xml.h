// Text into XML 1.0.
#ifndef REPORTERS_XML_H
#define REPORTERS_XML_H

#include "libcommon/base/buf.h"

// Appends `text` so that it reads the same as an attribute's value and as content. Characters that XML forbids even
// when escaped (most control characters, U+FFFE, U+FFFF) appear as "\x1B"; bytes that are not UTF-8 as U+FFFD.
void ll_xml_escape(struct ll_buf *out, const char *text);

#endif
