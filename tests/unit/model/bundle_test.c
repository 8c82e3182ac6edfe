#include "libcommon/model/bundle.h"

#include "libcommon/base/alloc.h"
#include "libcommon/model/requires.h"
#include "tests/unit/model/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/liveload-bundle-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *ftw) {
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

static void remove_folder(void) {
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(bundle, .init = make_folder, .fini = remove_folder);

static void write_file(const char *path, const char *content) {
    char full[200];
    snprintf(full, sizeof full, "%s/%s", folder, path);
    for (char *slash = full + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    cr_assert_not_null(file, "%s", full);
    fputs(content, file);
    fclose(file);
}

static ll_err read_bundle(const char *path, struct ll_bundle *out) {
    char full[200];
    snprintf(full, sizeof full, "%s/%s", folder, path);
    return ll_bundle_read(full, out);
}

// The paths of a bundle's files, one after another.
static void list(const struct ll_bundle *bundle, char *out, size_t size) {
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < bundle->count && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? " " : "", bundle->files[i].path);
}

Test(bundle, takes_what_the_scenario_requires_and_what_that_requires) {
    write_file("shop.lua", "local ll = require \"liveload\"\n"
                           "local cart = require('lib.cart')\n"
                           "local x = require [[not.seen]]\n"
                           "-- require 'commented.out'\n"
                           "--[==[ require 'commented.out' ]] ]==] local data = 'a'..require  (\n 'data')\n"
                           "local s = \"require 'in.text'\" local t = [=[ require 'in.text' ]=]\n"
                           "local u = loader.require 'a.field' local v = require2 'x' local w = requires 'x'\n"
                           "local gone = require 'gone' local folder = require 'lib'\n");
    write_file("lib/cart.lua", "local money = require \"lib.money\" return require 'shop'");
    write_file("lib/money.lua", "return require'lib.cart'");
    write_file("data.lua", "return {}");
    write_file("unused.lua", "return {}");
    write_file("commented/out.lua", "return {}");
    write_file("in/text.lua", "return {}");
    write_file("a/field.lua", "return {}");
    struct ll_bundle bundle;
    ll_err err = read_bundle("shop.lua", &bundle);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    char paths[400];
    list(&bundle, paths, sizeof paths);
    cr_expect(eq(str, paths, "data.lua lib/cart.lua lib/money.lua shop.lua"));
    cr_expect(eq(str, bundle.main, "shop.lua"));
    const struct ll_bundle_file *data = ll_bundle_find(&bundle, "data.lua");
    cr_assert_not_null(data);
    cr_expect(eq(sz, data->len, strlen("return {}")));
    cr_expect_null(ll_bundle_find(&bundle, "unused.lua"));
    ll_bundle_fini(&bundle);
}

Test(bundle, takes_the_data_files_that_are_named) {
    write_file("shop.lua", "local ll = require 'liveload'\n"
                           "local users, more = ll.csv 'users.csv', ll.csv(\"data/more.csv\", {})\n"
                           "local p = ll.json('products.json') ctx:json('method.json') -- ll.csv 'commented.csv'\n"
                           "require 'lib' local gone = ll.csv('gone.csv') local f = ll.csv('data') ll.secret('key')\n");
    write_file("lib.lua", "return ll.csv 'from_lib.csv'");
    // What looks like Lua in a data file is none.
    write_file("users.csv", "a\nrequire 'unused'\n");
    static const char *const others[] = {"data/more.csv", "products.json", "method.json", "commented.csv",
                                         "from_lib.csv",  "unused.csv",    "unused.lua",  "key"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) write_file(others[i], "x");
    struct ll_bundle bundle;
    ll_err err = read_bundle("shop.lua", &bundle);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    char paths[400];
    list(&bundle, paths, sizeof paths);
    cr_expect(eq(str, paths, "data/more.csv from_lib.csv lib.lua products.json shop.lua users.csv"));
    ll_bundle_fini(&bundle);
    write_file("outside.lua", "local u = ll.csv('../users.csv')");
    err = read_bundle("outside.lua", &bundle);
    cr_expect(eq(str, err.text,
                 "outside.lua reads \"../users.csv\", which leaves the scenario's folder: put the file "
                 "beside the scenario and read it by name"));
}

struct named_list {
    char text[300];
};

static void note_named(void *arg, const struct ll_named *named) {
    struct named_list *all = arg;
    size_t len = strlen(all->text);
    snprintf(all->text + len, sizeof all->text - len, "%s%s %s:%u", len ? ", " : "", named->function, named->name,
             named->line);
}

Test(bundle, what_a_source_names_has_its_line) {
    static const char source[] = "require 'a'\n\n--[[\n]]\nll.secret(\n  'b') x.require 'no' y:json 'no'\ncsv \"c\" "
                                 "ll.file 'd' file 'no' file('no')";
    struct named_list all = {""};
    ll_requires_scan(source, strlen(source), note_named, &all);
    cr_expect(eq(str, all.text, "require a:1, secret b:6, csv c:7, file d:7"));
}

Test(bundle, what_cannot_be_read_says_why) {
    struct ll_bundle bundle;
    char expected[300];
    ll_err err = read_bundle("nowhere.lua", &bundle);
    snprintf(expected, sizeof expected, "%s/nowhere.lua cannot be opened: No such file or directory", folder);
    cr_expect(eq(int, err.status, LL_NOT_FOUND));
    cr_expect(eq(str, err.text, expected));

    write_file("folder/x.lua", "");
    err = read_bundle("folder", &bundle);
    snprintf(expected, sizeof expected, "%s/folder is a folder, not a file", folder);
    cr_expect(eq(str, err.text, expected));
    cr_expect(eq(int, read_bundle("folder/", &bundle).status, LL_INVALID_ARGUMENT));
    cr_expect(eq(int, ll_bundle_read("", &bundle).status, LL_INVALID_ARGUMENT));

    snprintf(expected, sizeof expected, "%s/pipe", folder);
    mkfifo(expected, 0600);
    err = read_bundle("pipe", &bundle); // returns at once
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
}

static void link_to(const char *target, const char *path) {
    char full[200];
    snprintf(full, sizeof full, "%s/%s", folder, path);
    cr_assert(eq(int, symlink(target, full), 0));
}

Test(bundle, links_out_of_the_folder_are_refused) {
    static const char *const named[] = {"local rows = ll.csv('link')", "local rows = ll.json('link')",
                                        "local cv = ll.file('link')",  "local rows = ll.csv('up/shop.lua')",
                                        "local m = require 'module'",  "local m = require 'up.outer'"};
    struct ll_bundle bundle;
    write_file("scenarios/shop.lua", "");
    write_file("outer.lua", "return {}");
    write_file("secret", "hunter2");
    link_to("../secret", "scenarios/link");
    link_to("..", "scenarios/up");
    link_to("/etc/hostname", "scenarios/module.lua");
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        char source[200];
        snprintf(source, sizeof source, "local ll = require 'liveload'\n%s", named[i]);
        write_file("scenarios/shop.lua", source);
        write_file("shop.lua", "");
        ll_err err = read_bundle("scenarios/shop.lua", &bundle);
        cr_assert(eq(int, err.status, LL_INVALID_ARGUMENT), "%s", named[i]);
        cr_expect(not(zero(ptr, strstr(err.text, "which is a link out of the scenario's folder"))), "%s", err.text);
        cr_expect(strncmp(err.text, "shop.lua names \"", 16) == 0, "%s", err.text);
    }
}

Test(bundle, links_within_the_folder_are_followed) {
    struct ll_bundle bundle;
    char paths[200];
    write_file("data/users-2026.csv", "name\n");
    write_file("shop.lua", "local rows = ll.csv('users.csv')");
    link_to("data/users-2026.csv", "users.csv");
    link_to("shop.lua", "today.lua"); // the scenario itself is what was asked for, wherever it lies
    ll_err err = read_bundle("today.lua", &bundle);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    list(&bundle, paths, sizeof paths);
    cr_expect(eq(str, paths, "today.lua users.csv"));
    cr_expect(eq(sz, ll_bundle_find(&bundle, "users.csv")->len, 5));
    ll_bundle_fini(&bundle);
}

Test(bundle, modules_outside_the_folder_are_refused) {
    static const char *const modules[] = {"../x", "/etc/passwd", "a/../../x", "..x"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        char source[100], expected[300];
        snprintf(source, sizeof source, "require('%s')", modules[i]);
        snprintf(expected, sizeof expected,
                 "shop.lua requires \"%s\", which leaves the scenario's folder: put the module beside the scenario and "
                 "require it by name",
                 modules[i]);
        write_file("shop.lua", source);
        struct ll_bundle bundle;
        ll_err err = read_bundle("shop.lua", &bundle);
        cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
        cr_expect(eq(str, err.text, expected));
    }
}

Test(bundle, too_many_files_and_too_many_bytes_are_refused) {
    struct ll_buf source = ll_buf_make(1 << 20);
    for (int i = 0; i < LL_BUNDLE_FILES_MAX; i++) {
        char path[20];
        snprintf(path, sizeof path, "m%d.lua", i);
        write_file(path, "");
        ll_buf_printf(&source, "require 'm%d'\n", i);
    }
    write_file("shop.lua", ll_buf_str(&source));
    struct ll_bundle bundle;
    ll_err err = read_bundle("shop.lua", &bundle);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(eq(str, err.text, "the scenario has more than 500 files"));
    ll_buf_fini(&source);

    write_file("shop.lua", "require 'big'");
    write_file("big.lua", "");
    char path[200];
    snprintf(path, sizeof path, "%s/big.lua", folder);
    cr_assert(eq(int, truncate(path, LL_BUNDLE_BYTES_MAX - 60), 0));
    err = read_bundle("shop.lua", &bundle);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(eq(str, err.text, "the scenario's files are larger than 16 MB together: big.lua is too much"));
}

Test(bundle, the_largest_that_reads_also_unpacks) {
    write_file("shop.lua", "require 'big'");
    write_file("big.lua", "");
    char path[200];
    snprintf(path, sizeof path, "%s/big.lua", folder);
    cr_assert(eq(int, truncate(path, LL_BUNDLE_BYTES_MAX - 200), 0));
    struct ll_bundle bundle, unpacked;
    ll_err err = read_bundle("shop.lua", &bundle);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    struct ll_buf packed = ll_buf_make(LL_BUNDLE_BYTES_MAX);
    ll_bundle_pack(&bundle, &packed);
    cr_expect_not(packed.overflowed);
    err = ll_bundle_unpack(packed.data, packed.len, &unpacked);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_buf_fini(&packed);
    ll_bundle_fini(&bundle);
    ll_bundle_fini(&unpacked);
}

Test(bundle, the_packed_form_does_not_depend_on_the_order_of_files) {
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct ll_rand rand = ll_rand_seed(seed);
        struct ll_bundle bundle = sample_bundle(&rand), unpacked;
        struct ll_buf first = ll_buf_make(LL_BUNDLE_BYTES_MAX), second = ll_buf_make(LL_BUNDLE_BYTES_MAX);
        ll_bundle_pack(&bundle, &first);
        ll_err err = ll_bundle_unpack(first.data, first.len, &unpacked);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        struct ll_bundle_file swapped = unpacked.files[0];
        unpacked.files[0] = unpacked.files[unpacked.count - 1];
        unpacked.files[unpacked.count - 1] = swapped;
        ll_bundle_pack(&unpacked, &second);
        cr_expect(eq(sz, first.len, second.len));
        cr_expect(eq(int, memcmp(first.data, second.data, first.len), 0), "seed %d", (int)seed);
        ll_buf_fini(&first), ll_buf_fini(&second);
        ll_bundle_fini(&bundle), ll_bundle_fini(&unpacked);
    }
}

Test(bundle, unpacking_refuses_what_it_should_not_hold) {
    static const struct {
        const char *path, *main, *error;
    } cases[] = {
        {"../x.lua", "../x.lua", "the bundle: the path \"../x.lua\" leaves it or is no path"},
        {"/x.lua", "/x.lua", "the bundle: the path \"/x.lua\" leaves it or is no path"},
        {"a//x.lua", "a//x.lua", "the bundle: the path \"a//x.lua\" leaves it or is no path"},
        {"a/./x.lua", "a/./x.lua", "the bundle: the path \"a/./x.lua\" leaves it or is no path"},
        {"a/..", "a/..", "the bundle: the path \"a/..\" leaves it or is no path"},
        {"", "", "the bundle: the path \"\" leaves it or is no path"},
        {"x\n.lua", "x\n.lua", "the bundle: the path \"x\n.lua\" leaves it or is no path"},
        {"a\\x.lua", "a\\x.lua", "the bundle: the path \"a\\x.lua\" leaves it or is no path"},
        {"x.lua", "y.lua", "the bundle: its scenario \"y.lua\" is not among its files"},
        {"twice.lua", "twice.lua", "the bundle: the path \"twice.lua\" is there twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ll_bundle_file files[2] = {{.path = (char *)cases[i].path}, {.path = (char *)cases[i].path}};
        struct ll_bundle bundle = {
            .main = (char *)cases[i].main, .files = files, .count = strcmp(cases[i].path, "twice.lua") == 0 ? 2 : 1};
        struct ll_buf packed = ll_buf_make(LL_BUNDLE_BYTES_MAX);
        ll_bundle_pack(&bundle, &packed);
        struct ll_bundle unpacked;
        ll_err err = ll_bundle_unpack(packed.data, packed.len, &unpacked);
        cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT), "%s", cases[i].path);
        cr_expect(eq(str, err.text, (char *)cases[i].error));
        ll_buf_fini(&packed);
    }
    struct ll_bundle unpacked;
    cr_expect(eq(int, ll_bundle_unpack("\x0a\xff", 2, &unpacked).status, LL_DATA_LOSS));
}
