// ctx.http, as scripts see it: what becomes of arguments, and what of answers.
#include "world.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ll_script_status answer(struct world *world, const struct ll_http_answer *it) {
    ll_script_resume_http(world->script, it, &world->request);
    return world->request.status;
}

static void begin(struct world *world, const char *source) {
    world_open(world, source, NULL);
    cr_assert(eq(int, world_start(world, 1), LL_SCRIPT_HTTP), "%s", world->request.detail);
}

static const char *header(const struct ll_http_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0) return request->headers[i].value;
    return "";
}

Test(script_http, a_call_becomes_its_request) {
    static const struct {
        const char *source, *operation, *method, *content_type, *body;
    } cases[] = {
        {RUN("ctx.http:get('http://x/')"), "http:get", "GET", "", NULL},
        {RUN("ctx.http:head('HTTPS://x')"), "http:head", "HEAD", "", NULL},
        {RUN("ctx.http:post('http://x/')"), "http:post", "POST", "", NULL},
        {RUN("ctx.http:put('http://x/', { body = 'a\\0b' })"), "http:put", "PUT", "text/plain;charset=UTF-8", "a"},
        {RUN("ctx.http:patch('http://x/', { json = { 1, 'two' } })"), "http:patch", "PATCH", "application/json",
         "[1,\"two\"]"},
        {RUN("ctx.http:post('http://x/', { json = false })"), "http:post", "POST", "application/json", "false"},
        {RUN("ctx.http:post('http://x/', { form = { ['a b'] = 'c&d=é' } })"), "http:post", "POST",
         "application/x-www-form-urlencoded", "a+b=c%26d%3D%C3%A9"},
        {RUN("ctx.http:post('http://x/', { form = { n = 6 / 2 } })"), "http:post", "POST",
         "application/x-www-form-urlencoded", "n=3"},
        {RUN("ctx.http:delete('http://x/', { body = 'b', headers = { ['Content-Type'] = 'x/y' } })"), "http:delete",
         "DELETE", "", "b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        begin(&world, cases[i].source);
        const struct ll_http_request *request = &world.request.http;
        cr_expect(eq(str, (char *)request->operation, (char *)cases[i].operation));
        cr_expect(eq(str, (char *)request->method, (char *)cases[i].method));
        cr_expect(eq(str, (char *)header(request, "content-type"), (char *)cases[i].content_type), "%s",
                  cases[i].source);
        cr_expect(eq(int, request->body == NULL, cases[i].body == NULL), "%s", cases[i].source);
        if (cases[i].body) cr_expect(eq(str, (char *)request->body, (char *)cases[i].body));
        cr_expect(eq(u32, request->timeout_ms, LL_HTTP_TIMEOUT_MS));
        cr_expect(request->follows_redirects);
        cr_expect(eq(u32, world.request.step, 1));
        world_close(&world);
    }
}

Test(script_http, options_are_read) {
    struct world world;
    begin(&world,
          RUN("ctx.http:put('http://u:p@x/a?b=c', { timeout = '5s', follow_redirects = false, body = ('x'):rep(10),"
              "headers = { accept = 'a/b', ['X-Count'] = 3 } })"));
    const struct ll_http_request *request = &world.request.http;
    cr_expect(eq(str, (char *)request->url, "http://u:p@x/a?b=c"));
    cr_expect(eq(u32, request->timeout_ms, 5000));
    cr_expect(not(request->follows_redirects));
    cr_expect(eq(sz, request->body_len, 10));
    cr_expect(eq(sz, request->header_count, 3));
    cr_expect(eq(str, (char *)header(request, "X-Count"), "3"));
    world_close(&world);
}

Test(script_http, bad_use_names_the_argument_and_the_line) {
    static const struct {
        const char *source, *sentence;
    } cases[] = {
        {RUN("ctx.http:get('shop.example/a?token=hush')"), "http:get: argument 1 must be a URL with its scheme, such "
                                                           "as \"https://example.com/\", not \"shop.example/a\""},
        {RUN("ctx.http:get('ftp://x/')"),
         "http:get: argument 1 must be a URL with its scheme, such as \"https://example.com/\", not \"ftp://x/\""},
        {RUN("ctx.http:get('http://')"),
         "http:get: argument 1 must be a URL with its scheme, such as \"https://example.com/\", not \"http://\""},
        {RUN("ctx.http:get()"),
         "http:get: argument 1 must be a URL with its scheme, such as \"https://example.com/\", not nil"},
        {RUN("ctx.http:get('http://x/a b')"),
         "http:get: argument 1 holds a space or control character: write them like %20"},
        {RUN("ctx.http:get('http://x/' .. ('a'):rep(9000))"), "http:get: argument 1 is longer than 8192 bytes"},
        {RUN("ctx.http:get('http://x/', 5)"),
         "http:get: argument 2 must be a table of options such as { timeout = \"5s\" }, not 5"},
        {RUN("ctx.http:get('http://x/', {}, 1)"), "http:get takes a URL and a table of options, not 3 arguments"},
        {RUN("ctx.http:get('http://x/', { header = {} })"),
         "the table of options of http:get has no field \"header\": did you mean \"headers\"?"},
        {RUN("ctx.http:get('http://x/', { headers = 'a: b' })"),
         "http:get: headers must be a table such as { accept = \"text/html\" }, not a string"},
        {RUN("ctx.http:get('http://x/', { headers = { 'a: b' } })"),
         "http:get: headers has the key 1, which is no name of a header: write { accept = \"text/html\" }"},
        {RUN("ctx.http:get('http://x/', { headers = { ['a b'] = 'c' } })"),
         "http:get: headers has the key \"a b\", which is no name of a header: write { accept = \"text/html\" }"},
        {RUN("ctx.http:get('http://x/', { headers = { accept = 'a/b', ['token: hush'] = '' } })"),
         "http:get: headers has the key \"token:…\", which is no name of a header: write { accept = \"text/html\" }"},
        {RUN("ctx.http:get('http://x/', { headers = { a = 'hush\\nb: c' } })"),
         "http:get: headers.a holds a line break or control character"},
        {RUN("ctx.http:get('http://x/', { headers = { a = true } })"),
         "http:get: headers.a must be a text, not a boolean"},
        {RUN("ctx.http:get('http://x/', { body = 'x' })"), "http:get takes no body: http:post does"},
        {RUN("ctx.http:post('http://x/', { body = 'x', json = {} })"),
         "http:post has both body and json: give one of them"},
        {RUN("ctx.http:post('http://x/', { body = {} })"),
         "http:post: body must be a text, not a table: json and form take tables"},
        {RUN("ctx.http:post('http://x/', { json = print })"),
         "http:post: json holds a function: it may hold only nil, booleans, numbers, texts and tables"},
        {RUN("ctx.http:post('http://x/', { form = { 'x' } })"),
         "http:post: form has the key 1, and names of fields are texts: write { name = \"Ada\", age = 36 }"},
        {RUN("ctx.http:post('http://x/', { form = { name = 'Ada', ['tags[]'] = { 'hush' } } })"),
         "http:post: field \"tags[]\" of form must be a text or a number, not a table"},
        {RUN("ctx.http:post('http://x/', { form = 'a=b' })"),
         "http:post: form must be a table such as { name = \"Ada\", age = 36 }, not a string"},
        {RUN("ctx.http:post('http://x/', { timeout = 'soon' })"), NULL},
        {RUN("ctx.http:post('http://x/', { timeout = 0 })"), "http:post: timeout: it must be longer than 0"},
        {RUN("ctx.http:get('http://x/', { follow_redirects = 'no' })"),
         "http:get: follow_redirects must be true or false, not \"no\""},
        {RUN("ctx.http.get('http://x/')"), "ctx.http.get is called with a dot: write ctx.http:get(...)"},
        {RUN("ctx.http:fetch('http://x/')"),
         "ctx.http has no \"fetch\": there are get, head, post, put, patch and delete"},
        {RUN("ctx.http.token = 1"), "ctx.http cannot be changed: keep values in ctx.assigns"},
        {RUN("table.sort({ 1, 2 }, function() ctx.http:get('http://x/') end)"),
         "http:get cannot wait here: it was called from inside a function such as table.sort or string.gsub"},
        {RUN("ctx:cookies()"), "ctx has no operation \"cookies\": docs/SCENARIOS.md lists them"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[400];
        const char *error = world_run_error(cases[i].source);
        if (cases[i].sentence)
            snprintf(expected, sizeof expected, "shop.lua:2: %s", cases[i].sentence);
        else
            snprintf(expected, sizeof expected, "%s", error);
        cr_expect(eq(str, (char *)error, expected), "%s", cases[i].source);
        cr_expect(not(zero(sz, strlen(error))), "%s", cases[i].source);
        cr_expect(zero(ptr, strstr(error, "hush")), "%s", error);
    }
}

Test(script_http, an_answer_is_a_table) {
    struct ll_http_header headers[] = {{"content-type", "application/json"},
                                       {"vary", "a"},
                                       {"vary", "b"},
                                       {"set-cookie", "x=1"},
                                       {"set-cookie", "y=2"}};
    static const char body[] = "{\"name\":\"Ada\",\"tags\":[1,2]}\0rest";
    struct ll_http_answer it = {.status = 404,
                                .url = "http://x/b",
                                .headers = headers,
                                .header_count = 5,
                                .body = body,
                                .body_len = sizeof body - 1};
    struct world world;
    begin(&world, RUN("local a = ctx.http:get('http://x/')\n"
                      "ctx:log(a.status, a.ok, a.url, #a.body, a.headers['content-type'], a.headers.vary, "
                      "a.headers['set-cookie'])"));
    cr_expect(eq(int, answer(&world, &it), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    cr_expect(
        eq(str, (char *)ll_buf_str(&world.told), "log 404\tfalse\thttp://x/b\t32\tapplication/json\ta, b\tx=1\ny=2\n"));
    world_close(&world);
    it.body_len = strlen(body), it.status = 201;
    begin(&world, RUN("local a = ctx.http:get('http://x/')\nctx:log(a.ok, a:json().name, a:json().tags[2])"));
    cr_expect(eq(int, answer(&world, &it), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log true\tAda\t2\n"));
    world_close(&world);
}

Test(script_http, an_answer_that_is_no_json_says_so) {
    struct ll_http_answer it = {.status = 200, .url = "http://x/", .body = "<html>", .body_len = 6};
    struct world world;
    begin(&world, RUN("local a = ctx.http:get('http://x/')\nreturn a:json()"));
    cr_assert(eq(int, answer(&world, &it), LL_SCRIPT_FAILED));
    cr_expect(eq(int, strncmp(world.request.detail, "shop.lua:3: json: the answer's body is no JSON: ", 48), 0), "%s",
              world.request.detail);
    world_close(&world);
}

Test(script_http, a_failure_is_raised_at_its_line_without_what_may_be_secret) {
    struct ll_http_answer it = {.err = ll_err_make(LL_UNAVAILABLE, "net::ERR_CONNECTION_REFUSED"), .url = ""};
    struct world world;
    begin(&world, RUN("ctx:step('pay', function()\nctx.http:post('https://ann:hush@x/pay?token=hush', "
                      "{ headers = { authorization = 'hush' }, body = 'hush' }) end)"));
    cr_assert(eq(int, answer(&world, &it), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature, "http:post(\"https://x/pay\"): net::ERR_CONNECTION_REFUSED"));
    cr_expect(
        eq(str, world.request.detail,
           "shop.lua:3, in step \"pay\", operation 1: http:post(\"https://x/pay\"): net::ERR_CONNECTION_REFUSED"));
    world_close(&world);
    begin(&world, RUN("local ok, err = pcall(function() ctx.http:get('http://x/') end)\n"
                      "ctx:log(ok, err.operation, err.reason)"));
    cr_expect(eq(int, answer(&world, &it), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log false\thttp:get\tnet::ERR_CONNECTION_REFUSED\n"));
    world_close(&world);
}

Test(script_http, an_answer_that_does_not_fit_into_memory_fails_the_iteration) {
    enum { LARGE = 400 * 1000 };
    char *body = ll_alloc(4 * LARGE + 2, 1); // as JSON one number a character: much more as a table
    memset(body, '1', 4 * LARGE);
    struct ll_http_answer it = {.status = 200, .url = "http://x/", .body = body, .body_len = 4 * LARGE};
    for (int i = 0; i < 2; i++) {
        struct world world;
        world_open(&world, RUN("local a = ctx.http:get('http://x/')\nreturn a:json()"), NULL);
        world.script->vm.limits.bytes = 1024 * 1024;
        cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_HTTP));
        cr_assert(eq(int, answer(&world, &it), LL_SCRIPT_FAILED));
        cr_expect(not(zero(ptr, strstr(world.request.detail, "needs more than 1 MB of memory"))), "%s",
                  world.request.detail);
        world_close(&world);
        for (int j = 0; j < LARGE; j++) body[j] = j % 2 ? '1' : ',';
        body[0] = '[', body[LARGE - 2] = ' ', body[LARGE - 1] = ']';
        it.body_len = LARGE;
    }
    free(body);
}
