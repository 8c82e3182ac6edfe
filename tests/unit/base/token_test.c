#include "libcommon/base/token.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[128];

static void make_folder(void) {
    strcpy(folder, "/tmp/liveload-token-XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/liveload/token", folder);
}

static void remove_folder(void) {
    char inner[128];
    unlink(path);
    snprintf(inner, sizeof inner, "%s/liveload", folder);
    rmdir(inner);
    cr_expect(eq(int, rmdir(folder), 0));
}

TestSuite(token, .init = make_folder, .fini = remove_folder);

static void write_token(const char *content) {
    char inner[128];
    snprintf(inner, sizeof inner, "%s/liveload", folder);
    mkdir(inner, 0700);
    FILE *file = fopen(path, "w");
    fputs(content, file);
    fclose(file);
}

Test(token, a_missing_file_is_made_for_its_owner_alone) {
    char token[LL_TOKEN_TEXT_MAX], again[LL_TOKEN_TEXT_MAX];
    bool made = false;
    cr_assert(eq(int, ll_token_read_or_make(path, token, &made).status, LL_OK));
    cr_expect(eq(int, made, 1));
    cr_expect(eq(ulong, strlen(token), LL_TOKEN_CHARS));
    struct stat info;
    cr_assert(eq(int, stat(path, &info), 0));
    cr_expect(eq(uint, info.st_mode & 0777, 0600));
    cr_expect(eq(ulong, info.st_nlink, 1ul));
    cr_assert(eq(int, ll_token_read_or_make(path, again, &made).status, LL_OK));
    cr_expect(eq(int, made, 0));
    cr_expect(eq(str, token, again));
}

Test(token, spaces_around_a_token_do_not_matter) {
    char token[LL_TOKEN_TEXT_MAX];
    write_token("  a-token-of-mine \r\n\n");
    cr_assert(eq(int, ll_token_read(path, token).status, LL_OK));
    cr_expect(eq(str, token, "a-token-of-mine"));
}

Test(token, what_is_no_token_is_refused) {
    char token[LL_TOKEN_TEXT_MAX];
    cr_expect(eq(int, ll_token_read(path, token).status, LL_NOT_FOUND));
    write_token("\n");
    cr_expect(eq(int, ll_token_read(path, token).status, LL_INVALID_ARGUMENT));
    write_token("two\nlines\n");
    cr_expect(eq(int, ll_token_read(path, token).status, LL_INVALID_ARGUMENT));
    char long_token[2 * LL_TOKEN_TEXT_MAX];
    memset(long_token, 'x', sizeof long_token - 1);
    long_token[sizeof long_token - 1] = '\0';
    write_token(long_token);
    cr_expect(eq(int, ll_token_read(path, token).status, LL_INVALID_ARGUMENT));
}

Test(token, the_default_place_follows_the_environment) {
    char out[128];
    setenv("XDG_CONFIG_HOME", "/config", 1);
    cr_assert(eq(int, ll_token_default_path(out, sizeof out).status, LL_OK));
    cr_expect(eq(str, out, "/config/liveload/token"));
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", "/home/me", 1);
    cr_assert(eq(int, ll_token_default_path(out, sizeof out).status, LL_OK));
    cr_expect(eq(str, out, "/home/me/.config/liveload/token"));
    unsetenv("HOME");
    cr_expect(eq(int, ll_token_default_path(out, sizeof out).status, LL_FAILED_PRECONDITION));
}
