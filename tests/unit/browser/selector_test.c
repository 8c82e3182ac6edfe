// How elements are found.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>

static const char roles_page[] =
    "<h1>Shop</h1><h2 id=sub>Things <em>to</em> buy</h2>"
    "<header id=top><nav aria-label=Main><a href=/a>Home</a><a>nowhere</a></nav></header>"
    "<button id=save>Save</button><button id=save_all>Save all</button><button style='display:none'>Save</button>"
    "<button aria-hidden=true>Save</button><div role=button id=fake aria-label='Save as' tabindex=0>x</div>"
    "<button id=icon aria-labelledby='verb noun'><svg></svg></button><i id=verb hidden>Delete</i><i id=noun>row 7</i>"
    "<button id=pic><img alt=Search src=x></button><input type=submit id=send><input type=button id=go value=Go>"
    "<label for=mail>E-mail <b>address</b></label><input id=mail><input id=titled title='Your name'>"
    "<input id=placed placeholder='Search the shop'><textarea id=notes aria-label=Notes></textarea>"
    "<label><input type=checkbox id=terms checked> I agree to <input id=count value=3> terms</label>"
    "<input type=checkbox id=news aria-label=News><input type=radio id=red name=c aria-label=Red>"
    "<div role=checkbox id=some aria-checked=mixed>Some</div>"
    "<div role=switch id=dark aria-checked=true>Dark</div><button id=menu aria-expanded=false>Menu</button>"
    "<button id=off disabled>Off</button><fieldset disabled><button id=off_too>Off too</button></fieldset>"
    "<select id=size aria-label=Size><option>S<option selected>M</select><select multiple id=tags></select>"
    "<ul id=list><li>one<li>two</ul><table id=grid><caption>Prices</caption><tr><th>Name<th scope=row>Tea<td>3</table>"
    "<fieldset id=group><legend>Address</legend></fieldset><img id=logo alt=Logo src=x><img id=deco alt='' src=x>"
    "<input type=search id=search aria-label=Find><input type=number id=number><input type=range id=range>"
    "<section aria-label=News id=region></section><section></section><dialog open id=dialog>d</dialog>"
    "<ul role=presentation id=plain></ul><style>.star::before{content:'star '}</style>"
    "<button class=star id=star>fruit</button><div role=tab aria-selected=true id=tab>Tab</div>"
    "<div role=heading aria-level=5 id=five>Five</div><div id=host></div>"
    "<script>host.attachShadow({mode:'open'}).innerHTML='<button id=deep><slot>Deep</slot></button>'</script>";

static const char names_page[] =
    "<form><label>Email <input id=mail></label><label for=age>Your age</label><input id=age>"
    "<input id=city aria-label='Your city'><span id=zip_label>Zip code</span><input id=zip aria-labelledby=zip_label>"
    "<input type=hidden aria-label=Email><input id=q placeholder='Search products'><textarea id=t placeholder=\"What's "
    "new?\"></textarea></form>"
    "<div data-testid=cart id=cart><p data-testid='a \"b\"' id=ab>x</p></div><div data-testid=cart-2 id=cart2></div>"
    "<ul id=list><li>one</li><li>two <b>2</b></li></ul><ol id=other><li>three</li></ol><div id=host></div>"
    "<script>host.attachShadow({mode:'open'}).innerHTML='<label>Deep <input id=deep placeholder=Deep "
    "data-testid=deep></label><ul><li>four</li></ul>'</script>";

static const struct ll_site_page site[] = {
    {.path = "/roles", .body = roles_page}, {.path = "/names", .body = names_page}, {.path = NULL}};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(selector, .init = begin, .fini = end);

// How many elements a selector matches, and the id of the first where it has one.
struct expected {
    const char *selector, *count, *id;
};

static void expect_matches(const struct expected *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        driven_reads(&page, LL_OP_COUNT, cases[i].selector, NULL, cases[i].count);
        if (cases[i].id) driven_reads(&page, LL_OP_GET_ATTRIBUTE, cases[i].selector, "id", cases[i].id);
    }
}

Test(selector, roles_and_names) {
    static const struct expected cases[] = {
        {"role=button[name=\"Save\"]", "1", "save"},
        {"role=button[name='save' i]", "1", "save"},
        {"role=button[name*=\"Save\"]", "3", "save"},
        {"role=button[name^=\"Save a\"]", "2", "save_all"},
        {"role=button[name$=\"all\"]", "1", "save_all"},
        {"role=button[name=/^save (all|as)$/i]", "2", "save_all"},
        {"role=button[name=\"Save\"][include-hidden]", "3", NULL},
        {"role=button[name=\"Delete row 7\"]", "1", "icon"},
        {"role=button[name=\"Search\"]", "1", "pic"},
        {"role=button[name=Submit]", "1", "send"},
        {"role=button[name=Go]", "1", "go"},
        {"role=button[name=\"star fruit\"]", "1", "star"},
        {"role=button[name=Deep]", "1", "deep"},
        {"role=link", "1", NULL},
        {"role=heading[level=1]", "1", NULL},
        {"role=heading[name=\"Things to buy\"]", "1", "sub"},
        {"role=heading[level=5]", "1", "five"},
        {"role=textbox[name=\"E-mail address\"]", "1", "mail"},
        {"role=textbox[name=\"Your name\"]", "1", "titled"},
        {"role=textbox[name=\"Search the shop\"]", "1", "placed"},
        {"role=textbox[name=Notes]", "1", "notes"},
        {"role=checkbox[name=\"I agree to 3 terms\"]", "1", "terms"},
        {"role=checkbox[checked]", "1", "terms"},
        {"role=checkbox[checked=false]", "1", "news"},
        {"role=checkbox[checked=mixed]", "1", "some"},
        {"role=switch[checked]", "1", "dark"},
        {"role=radio[name=Red]", "1", "red"},
        {"role=button[expanded=false][name=Menu]", "1", "menu"},
        {"role=button[disabled]", "2", "off"},
        {"role=combobox[name=Size]", "1", "size"},
        {"role=option[selected]", "1", NULL},
        {"role=listbox", "1", "tags"},
        {"role=list", "1", "list"},
        {"role=list >> role=listitem", "2", NULL},
        {"role=table[name=Prices]", "1", "grid"},
        {"role=columnheader[name=Name]", "1", NULL},
        {"role=rowheader[name=Tea]", "1", NULL},
        {"role=cell[name=\"3\"]", "1", NULL},
        {"role=group[name=Address]", "1", "group"},
        {"role=img[name=Logo]", "1", "logo"},
        {"role=searchbox[name=Find]", "1", "search"},
        {"role=spinbutton", "1", "number"},
        {"role=slider", "1", "range"},
        {"role=region", "1", "region"},
        {"role=dialog", "1", "dialog"},
        {"role=banner", "1", "top"},
        {"role=navigation[name=Main] >> role=link[name=Home]", "1", NULL},
        {"role=tab[selected]", "1", "tab"},
        {"role=tooltip", "0", NULL},
    };
    driven_visit(&page, "/roles");
    expect_matches(cases, sizeof cases / sizeof *cases);
}

Test(selector, labels_placeholders_test_ids_and_paths) {
    static const struct expected cases[] = {
        {"label=email", "1", "mail"},
        {"label=\"Your age\"", "1", "age"},
        {"label=your", "2", "age"},
        {"label=\"your city\"", "0", NULL},
        {"label=Your city", "1", "city"},
        {"label=zip", "1", "zip"},
        {"label=deep", "1", "deep"},
        {"placeholder=search", "1", "q"},
        {"placeholder=\"What's new?\"", "1", "t"},
        {"placeholder=deep", "1", "deep"},
        {"testid=cart", "1", "cart"},
        {"testid=\"cart-2\"", "1", "cart2"},
        {"testid=a \"b\"", "1", "ab"},
        {"testid=cart >> testid=a \"b\"", "1", "ab"},
        {"testid=deep", "1", "deep"},
        {"xpath=//ul/li[2]/b", "1", NULL},
        {"xpath=//li", "3", NULL},
        {"#list >> xpath=//li", "2", NULL},
        {"#list >> xpath=./li[1]", "1", NULL},
        {"xpath=//li/..", "2", "list"},
        {"css=#list li", "2", NULL},
        {"#list, #other >> li", "3", NULL},
    };
    driven_visit(&page, "/names");
    expect_matches(cases, sizeof cases / sizeof *cases);
    driven_reads(&page, LL_OP_INNER_TEXT, "xpath=//ul/li[2]/b", NULL, "2");
}

Test(selector, what_is_none_says_why) {
    static const struct {
        const char *selector, *sentence;
    } cases[] = {
        {"rol=button", "use CSS or one of css=, text=, role=, label=, placeholder=, testid=, xpath="},
        {"role=buton", "there is no role \"buton\""},
        {"role=button[nam=x]", "it has no condition \"nam\": there are name, checked, pressed, selected"},
        {"role=button[name=", "write conditions like [name=\"Save\"] or [checked]"},
        {"role=heading[level=two]", "level is a number"},
        {"role=checkbox[checked=yes]", "[checked] is true or false"},
        {"role=button[name=/(/]", "Invalid regular expression"},
        {"xpath=//li[", "is no XPath that gives elements"},
        {"xpath=count(//li)", "is no XPath that gives elements"},
        {"label=", "\"label=\" says nothing behind its \"=\""},
        {"[[", "\"[[\" is no CSS selector"},
        {"css=##", "\"##\" is no CSS selector"},
        {"li:has-text('one')", "is no CSS selector: text=Buy finds by text"},
        {"//li[2]", "\"//li[2]\" is no CSS selector: xpath=//li[2] finds by XPath"},
        {"(//li)[1]", "is no CSS selector: xpath=//li[2] finds by XPath"},
        {"body >>  >> b", "has an empty part"},
        {"body >>", "has an empty part"},
        {">> body", "has an empty part"},
    };
    driven_visit(&page, "/names");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        driven_fails(&page, LL_OP_COUNT, cases[i].selector, NULL, LL_INVALID_ARGUMENT, cases[i].sentence);
}

Test(selector, an_action_is_strict_and_a_reading_takes_the_first) {
    driven_visit(&page, "/names");
    driven_fails(&page, LL_OP_CLICK, "li", NULL, LL_FAILED_PRECONDITION,
                 "matches several elements, and an action needs one: li (4 match)");
    driven_fails(&page, LL_OP_FILL, "label=your", "x", LL_FAILED_PRECONDITION,
                 "matches several elements, and an action needs one: input#age, input#city (2 match)");
    driven_reads(&page, LL_OP_INNER_TEXT, "li", NULL, "one");
    driven_reads(&page, LL_OP_IS_VISIBLE, "li", NULL, "true");
    driven_ok(&page, LL_OP_WAIT_FOR_SELECTOR, "li", NULL);
}
