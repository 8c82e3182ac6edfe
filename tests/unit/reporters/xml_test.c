#include "reporters/xml.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(xml, what_xml_cannot_hold_is_shown_instead) {
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"plain é 漢 😀", "plain é 漢 😀"},
        {"<a href=\"x\">&</a>", "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;"},
        {"a\nb\tc\r", "a&#10;b&#9;c&#13;"},
        {"\x01\x1B[31m\x7F", "\\x01\\x1B[31m\\x7F"},
        {"\xFF\xC0\xAF\xE2\x82", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"}, // stray, overlong, cut short
        {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},                     // half of a surrogate pair
        {"\xEF\xBF\xBE\xEF\xBF\xBF", "\\xFFFE\\xFFFF"},
        {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, // past U+10FFFF
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ll_buf out = ll_buf_make(1000);
        ll_xml_escape(&out, cases[i].text);
        cr_expect(eq(str, (char *)ll_buf_str(&out), (char *)cases[i].wanted));
        ll_buf_fini(&out);
    }
}
