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

static const char states_page[] =
    "<button id=plain>Plain</button><button id=open aria-expanded=true>Open</button><button id=shut "
    "aria-expanded=false>Shut"
    "</button><details id=more><summary>s</summary>x</details><div role=treeitem id=leaf>Leaf</div>"
    "<div role=treeitem id=branch aria-expanded=false><span>Branch</span><div role=group><div "
    "role=treeitem>Twig</div></div></div>"
    "<button id=on aria-pressed=true>On</button><div role=tab id=tab aria-selected=false>Tab</div><h2 id=head>Head</h2>"
    "<input type=checkbox id=ticked checked><div role=switch id=switch>x</div><input id=text>"
    "<select id=list><option id=first>First<option id=gone style='display:none'>Gone<option id=unseen "
    "style='visibility:hidden'>"
    "Unseen<optgroup label=g style='display:none'><option id=below>Below</optgroup></select>"
    "<div style='display:none'><button id=hidden style='display:contents'>Hidden</button></div>"
    "<span aria-disabled=true><button id=off>Off</button><h3 id=title>Title</h3></span>"
    "<div role=toolbar aria-disabled=true><button id=back aria-disabled=false>Back</button></div>"
    "<table role=grid><tr><td id=square>1</td></tr></table>"
    "<button id=icon><svg width=9 height=9><title>Delete</title></svg></button><button id=soft>Ship&shy;ping</button>"
    "<button id=self aria-label=Remove aria-labelledby='self file'></button><a id=file href=x>a.pdf</a>"
    "<div id=words style='display:none'><b>hidden</b> words</div><input id=named aria-labelledby=words>"
    "<style>#deco i::before{content:'no';display:none}#deco b::after{content:'yes';display:block}</style>"
    "<a id=deco href=x><i>one</i><b>two</b></a>"
    "<form id=trip aria-label=Trip><input name=children><input name=id><button id=book>Book</button></form>"
    "<x-h><template shadowrootmode=open><button id=deep>Deep</button></template></x-h>";

#define SHADOW(html) "<template shadowrootmode=open>" html "</template>"

static const char texts_page[] =
    "<ul id=list><li id=one title='First of all'>One <b id=bold>more</b></li><li id=two style='display:none'>Two</li>"
    "<li id=three>Three <button id=save>Save  changes</button></li></ul><ul id=other><li id=four>Four</ul>"
    "<label id=name>Name <b id=star>*</b></label><div id=hello>Hello<i id=comma>,</i> <span "
    "id=world>world</span>!</div>"
    "<p id=quote>He said \"a >> b\"</p><p id=split>hel<!-- x -->lo there<br>you</p>"
    "<img id=logo alt='Our Logo' src=x><input type=image id=map alt=Map src=x><input id=close title=Close>"
    "<x-h id=host><em id=slotted>Same light</em>" SHADOW(
        "<slot></slot><em id=deep>Same deep</em>") "</x-h><em id=after>Same</em>";

static const char shadows_page[] = "<section id=outer><x-a id=a>" SHADOW("<span id=a1>in a</span><x-b id=b>" SHADOW(
    "<span id=b1 class=x>in b</span><span id=b2>in b too</span>") "</x-b><i id=a2>in a too</i>") "<u "
                                                                                                 "id=light>light</u></"
                                                                                                 "x-a></section>"
                                                                                                 "<span "
                                                                                                 "id=plain>plain</"
                                                                                                 "span>";

static const struct ll_site_page site[] = {
    {.path = "/roles", .body = roles_page},     {.path = "/names", .body = names_page},
    {.path = "/states", .body = states_page},   {.path = "/texts", .body = texts_page},
    {.path = "/shadows", .body = shadows_page}, {.path = NULL}};

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

Test(selector, a_state_is_of_what_can_have_it) {
    static const struct expected cases[] = {
        {"role=button[expanded=false]", "1", "shut"},
        {"role=button[expanded]", "1", "open"},
        {"role=treeitem[expanded=false]", "1", "branch"},
        {"role=group[expanded=false]", "1", "more"},
        {"role=heading[expanded=false]", "0", NULL},
        {"role=button[expanded=\"false\"]", "1", "shut"},
        {"role=button[expanded='true']", "1", "open"},
        {"role=button[pressed=\"true\"]", "1", "on"},
        {"role=tab[pressed=false]", "0", NULL},
        {"role=tab[selected=\"false\"]", "1", "tab"},
        {"role=button[selected=false]", "0", NULL},
        {"role=checkbox[checked=\"true\"]", "1", "ticked"},
        {"role=switch[checked=false]", "1", "switch"},
        {"role=textbox[checked=false]", "0", NULL},
        {"role=heading[level=\"2\"]", "1", "head"},
        {"role=heading[level='3']", "1", "title"},
        {"role=button[disabled]", "1", "off"},
        {"role=heading[disabled]", "0", NULL},
        {"role=button[name=Back][disabled=\"false\"]", "1", "back"},
        {"role=gridcell", "1", "square"},
    };
    driven_visit(&page, "/states");
    expect_matches(cases, sizeof cases / sizeof *cases);
}

Test(selector, what_is_not_displayed_has_no_role) {
    static const struct expected cases[] = {
        {"role=option", "2", "first"}, // options are drawn by the browser, whatever their visibility
        {"role=option[name=Unseen]", "1", "unseen"},
        {"role=option[include-hidden]", "4", "first"},
        {"role=option[include-hidden=\"false\"]", "2", "first"},
        {"role=button[name=Hidden]", "0", NULL},
    };
    driven_visit(&page, "/states");
    expect_matches(cases, sizeof cases / sizeof *cases);
}

Test(selector, names_are_what_a_person_would_hear) {
    static const struct expected cases[] = {
        {"role=button[name=Delete]", "1", "icon"},
        {"role=button[name=Shipping]", "1", "soft"},
        {"text=shipping", "1", "soft"},
        {"role=button[name=\"Remove a.pdf\"]", "1", "self"},
        {"role=textbox[name=\"hidden words\"]", "1", "named"},
        {"role=treeitem[name=Branch]", "1", "branch"},
        {"role=link[name=\"onetwo yes\"]", "1", "deco"},
    };
    driven_visit(&page, "/states");
    expect_matches(cases, sizeof cases / sizeof *cases);
}

Test(selector, a_form_may_have_fields_of_any_name) {
    driven_visit(&page, "/states");
    driven_reads(&page, LL_OP_COUNT, "text=book", NULL, "1");
    driven_reads(&page, LL_OP_COUNT, "role=form[name=Trip] >> role=button", NULL, "1");
    driven_reads(&page, LL_OP_COUNT, "form >> role=textbox", NULL, "2");
    driven_fails(&page, LL_OP_INPUT_VALUE, "#trip", NULL, LL_FAILED_PRECONDITION, "is form#trip, which has no value");
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

Test(selector, texts_by_pattern_and_beside_other_elements) {
    static const struct expected cases[] = {
        {"text=/^one/i", "1", "one"},
        {"text=/^ONE/", "0", NULL},
        {"text=/^hello, world!$/i", "1", "hello"},
        {"text=/wor.d/", "1", "world"},
        {"text=/save changes/i >> nth=0", "1", "save"},
        {"text=/o\\w+ >/", "0", NULL},
        {"text=/it's/i", "0", NULL},
        {"text=/usr/bin", "0", NULL}, // no pattern: these are no flags of one
        {"text=\"Name\"", "1", "name"},
        {"text=\"Hello\"", "1", "hello"},
        {"text=\"world\"", "1", "world"},
        {"text=\"Hello, world!\"", "1", "hello"},
        {"text=\"Hello,\"", "0", NULL},
        {"text=\"hello\"", "0", NULL},
        {"text=\"hello there\"", "1", "split"},
        {"text=\"Same light\"", "1", "slotted"},
        {"alt=logo", "1", "logo"},
        {"alt=\"Our Logo\"", "1", "logo"},
        {"alt=\"our logo\"", "0", NULL},
        {"alt=/^m/i", "1", "map"},
        {"title=first", "1", "one"},
        {"title=\"Close\"", "1", "close"},
    };
    driven_visit(&page, "/texts");
    expect_matches(cases, sizeof cases / sizeof *cases);
}

Test(selector, one_of_several_is_picked_in_the_order_of_the_document) {
    static const struct expected cases[] = {
        {"li >> nth=0", "1", "one"},
        {"li >> nth=2", "1", "three"},
        {"li >> nth=-1", "1", "four"},
        {"li >> nth=-4", "1", "one"},
        {"li >> nth=4", "0", NULL},
        {"li >> nth=-5", "0", NULL},
        {"li >> first", "1", "one"},
        {"li >> last", "1", "four"},
        {"#other, #list >> nth=0", "1", "list"},
        {"ul >> li >> nth=-1", "1", "four"},
        {"ul >> nth=0 >> li >> last", "1", "three"},
        {"#list >> first >> text=One", "1", "one"},
        {"text=same", "3", "slotted"}, // what is in a component, what is in its shadow root, what is behind it
        {"text=same >> nth=1", "1", "deep"},
        {"text=same >> last", "1", "after"},
        {"em >> nth=0", "1", "slotted"},
        {"em >> nth=1", "1", "deep"},
        {"em >> nth=2", "1", "after"},
    };
    driven_visit(&page, "/texts");
    expect_matches(cases, sizeof cases / sizeof *cases);
    driven_ok(&page, LL_OP_CLICK, "li >> first", NULL);
}

Test(selector, css_knows_what_is_visible_and_what_has_a_text) {
    static const struct expected cases[] = {
        {"li:visible", "3", "one"},
        {"li:not(:visible)", "1", "two"},
        {":visible:not(*)", "0", NULL},
        {"li:has-text(\"three\")", "1", "three"},
        {"li:has-text('SAVE changes') button", "1", "save"},
        {"li:has-text('Save'):visible > button:visible", "1", "save"},
        {"li:has(button:has-text(\"save\"))", "1", "three"},
        {"ul:has(> li:not(:visible))", "1", "list"},
        {"ul:has(+ ul:visible)", "1", "list"},
        {"li:is(#one, :has-text('Four'))", "2", "one"},
        {"#four:visible, #one:visible", "2", "one"},
        {"li:not(:has-text('o'))", "1", "three"},
        {"li + li:visible", "1", "three"},
        {"#one ~ li:has-text('t')", "2", "two"},
        {"p:has-text(\"a >> b\")", "1", "quote"},
        {"p:has-text(\"\\\"a\")", "1", "quote"},
        {"p:has-text(\"hello there\")", "1", "split"},
        {"li:has-text('')", "4", "one"},
        {"[title='First of all']:visible", "1", "one"},
        {"#list >> :scope:visible > li:visible", "2", "one"},
        {"x-h:has-text('same deep')", "1", "host"},
    };
    driven_visit(&page, "/texts");
    expect_matches(cases, sizeof cases / sizeof *cases);
}

Test(selector, css_crosses_open_shadow_roots) {
    static const struct expected cases[] = {
        {"x-a span", "3", "a1"},
        {"section x-b .x", "1", "b1"},
        {"section > x-a > x-b > span", "2", "b1"},
        {"section > span", "0", NULL},
        {"section span + span", "1", "b2"},
        {"x-a x-b ~ i", "1", "a2"},
        {"x-a > u", "1", "light"},
        {"x-a:has(.x)", "1", "a"},
        {"section:has(> x-a .x)", "1", "outer"},
        {"span:not(x-b span)", "2", "a1"},
        {"span:is(section *, #plain)", "4", "a1"},
        {"x-a, #b1, section x-b", "3", "a"},
        {"#a >> x-b > .x", "1", "b1"},
        {"#b >> section span:visible", "2", "b1"},
        {"xpath=//span", "1", "plain"},
    };
    driven_visit(&page, "/shadows");
    expect_matches(cases, sizeof cases / sizeof *cases);
}

Test(selector, long_chains_in_deep_pages_are_cheap) {
    driven_visit(&page, "/names");
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "let at = document.body; for (let i = 0; i < 300; i++) at = "
                 "at.appendChild(document.createElement('div')); null",
                 "nil");
    driven_reads(&page, LL_OP_COUNT,
                 "p div div div div div div div div div div div:visible, div div div div div div div div p", NULL, "0");
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
        {"role=button[name]", "a name has a value, as in [name=\"Save\"]"},
        {"role=checkbox[checked=\"yes\"]", "[checked] is true or false"},
        {"role=button[include-hidden=maybe]", "[include-hidden] is true or false"},
        {"role=button[name=/(/]", "Invalid regular expression"},
        {"xpath=//li[", "is no XPath that gives elements"},
        {"xpath=count(//li)", "is no XPath that gives elements"},
        {"label=", "\"label=\" says nothing behind its \"=\""},
        {"[[", "\"[[\" is no CSS selector"},
        {"css=##", "\"##\" is no CSS selector"},
        {"li:has-text(one)", "\":has-text(one)\" needs a text in quotes: :has-text(\"Save\")"},
        {"li:text('one')", "is no CSS selector: text=Buy and :has-text(\"Buy\") find by text"},
        {":nth-match(li, 1)", "is no CSS selector: li >> nth=0 is the first of several"},
        {"li:not(:visible", "\"li:not(:visible\" is no CSS selector"},
        {"li:visible >", "\"li:visible >\" is no CSS selector"},
        {"li:visible,", "\"li:visible,\" is no CSS selector"},
        {"li:visible > > b", "is no CSS selector"},
        {"li:visble:has-text('one')", "is no CSS selector"},
        {"li:visible()", "is no CSS selector"},
        {"nth=0", "\"nth=0\" stands behind what it picks from: li >> nth=0"},
        {"first", "\"first\" stands behind what it picks from: li >> first"},
        {"li >> nth=one", "\"nth=one\" is no selector: nth=0 is the first, nth=-1 the last"},
        {"text=/(/", "Invalid regular expression"},
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
