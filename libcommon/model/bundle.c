#include "libcommon/model/bundle.h"

#include "libcommon/base/alloc.h"
#include "libcommon/model/file.h"
#include "libcommon/model/requires.h"
#include "libcommon/model/wire.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATH_BYTES_MAX = 255,
    FILE_OVERHEAD = 24, // bytes at most that the packed form adds to one file's path and content
};

void ll_bundle_fini(struct ll_bundle *bundle) {
    for (size_t i = 0; i < bundle->count; i++) {
        free(bundle->files[i].path);
        free(bundle->files[i].content);
    }
    free(bundle->files);
    free(bundle->main);
    *bundle = (struct ll_bundle){.main = NULL};
}

const struct ll_bundle_file *ll_bundle_find(const struct ll_bundle *bundle, const char *path) {
    for (size_t i = 0; i < bundle->count; i++)
        if (strcmp(bundle->files[i].path, path) == 0) return &bundle->files[i];
    return NULL;
}

// Relative, within the bundle, and nothing that a terminal or a file system reads in another way.
static bool is_valid_path(const char *path) {
    if (!*path || strlen(path) > PATH_BYTES_MAX) return false;
    for (const char *part = path;; part++) {
        size_t len = strcspn(part, "/");
        bool is_dots = len <= 2 && strspn(part, ".") >= len; // "", "." and ".."
        if (is_dots) return false;
        for (size_t i = 0; i < len; i++)
            if (iscntrl((unsigned char)part[i]) || part[i] == '\\') return false;
        part += len;
        if (!*part) return true;
    }
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct ll_bundle_file *)a)->path, ((const struct ll_bundle_file *)b)->path);
}

static void sort(struct ll_bundle *bundle) {
    if (bundle->count) qsort(bundle->files, bundle->count, sizeof *bundle->files, by_path);
}

static void add_file(struct ll_bundle *bundle, const char *path, const void *content, size_t len) {
    bundle->files = ll_realloc(bundle->files, bundle->count + 1, sizeof *bundle->files);
    bundle->files[bundle->count++] =
        (struct ll_bundle_file){.path = ll_strdup(path), .content = ll_memdup(content, len), .len = len};
}

struct reader { // of a scenario's files, each scanned for what it requires
    struct ll_bundle bundle;
    const char *folder;  // of the scenario, with its slash; "" for the current one
    size_t bytes;        // packed, so far
    const char *scanned; // path of the file that is being scanned
    ll_err err;          // the first, while scanning
};

// `path` is relative to the folder.
static ll_err read_file(struct reader *reader, const char *path) {
    size_t overhead = strlen(path) + FILE_OVERHEAD;
    size_t room = LL_BUNDLE_BYTES_MAX - reader->bytes;
    struct ll_buf content = ll_buf_make(room > overhead ? room - overhead : 0);
    char *full_path = ll_format("%s%s", reader->folder, path);
    ll_err err = ll_file_read(full_path, &content);
    free(full_path);
    if (err.status == LL_RESOURCE_EXHAUSTED)
        err = ll_err_make(LL_RESOURCE_EXHAUSTED, "the scenario's files are larger than %d MB together: %s is too much",
                          LL_BUNDLE_BYTES_MAX >> 20, path);
    if (err.status == LL_OK && reader->bundle.count == LL_BUNDLE_FILES_MAX)
        err = ll_err_make(LL_RESOURCE_EXHAUSTED, "the scenario has more than %d files", LL_BUNDLE_FILES_MAX);
    if (err.status == LL_OK) {
        add_file(&reader->bundle, path, content.data, content.len);
        reader->bytes += content.len + overhead;
    }
    ll_buf_fini(&content);
    return err;
}

// "a.b" is a/b.lua. What cannot be such a path is left for Lua to report.
static bool module_path(const char *module, char path[PATH_BYTES_MAX + 1]) {
    size_t len = strlen(module);
    if (len + strlen(".lua") > PATH_BYTES_MAX) return false;
    for (size_t i = 0; i < len; i++) path[i] = module[i] == '.' ? '/' : module[i];
    memcpy(path + len, ".lua", sizeof ".lua");
    return module[len - 1] != '.' && is_valid_path(path);
}

// What a scenario names travels to the agents and may end up in reports: so a link may lead to another place of the
// scenario's folder, and to none outside of it.
static ll_err check_stays_within(const struct reader *reader, const char *path) {
    char *full_path = ll_format("%s%s", reader->folder, path);
    char *folder = realpath(*reader->folder ? reader->folder : ".", NULL), *file = realpath(full_path, NULL);
    size_t len = folder ? strlen(folder) : 0;
    if (len > 0 && folder[len - 1] == '/') len--; // the root alone
    bool is_within = !folder || !file || (strncmp(file, folder, len) == 0 && file[len] == '/');
    ll_err err = LL_SUCCESS; // what is not there is found missing when it is read
    if (!is_within)
        err = ll_err_make(LL_INVALID_ARGUMENT,
                          "%s names \"%s\", which is a link out of the scenario's folder, to %s: put the file itself "
                          "beside the scenario",
                          reader->scanned, path, file);
    free(full_path);
    free(folder);
    free(file);
    return err;
}

// Adds the file at `path`, unless it is there already. Not there, or a folder of that name: Lua says so, with the line.
static void add_named(struct reader *reader, const char *path) {
    if (ll_bundle_find(&reader->bundle, path)) return;
    reader->err = check_stays_within(reader, path);
    if (reader->err.status != LL_OK) return;
    ll_err err = read_file(reader, path);
    if (err.status != LL_NOT_FOUND && err.status != LL_INVALID_ARGUMENT) reader->err = err;
}

static ll_err leaves_folder(const struct reader *reader, const struct ll_named *named, bool is_module) {
    return ll_err_make(LL_INVALID_ARGUMENT,
                       "%s %s \"%s\", which leaves the scenario's folder: put the %s beside the scenario and %s it by "
                       "name",
                       reader->scanned, is_module ? "requires" : "reads", named->name, is_module ? "module" : "file",
                       is_module ? "require" : "read");
}

static void visit_named(void *arg, const struct ll_named *named) {
    struct reader *reader = arg;
    const char *name = named->name;
    char path[PATH_BYTES_MAX + 1];
    bool is_module = strcmp(named->function, "require") == 0;
    if (reader->err.status != LL_OK || strcmp(named->function, "secret") == 0) return;
    if (is_module && strcmp(name, "liveload") == 0) return; // built in
    if (*name == '/' || strstr(name, is_module ? ".." : "../"))
        reader->err = leaves_folder(reader, named, is_module);
    else if (!is_module && is_valid_path(name))
        add_named(reader, name);
    else if (is_module && module_path(name, path))
        add_named(reader, path);
}

static bool is_code(const char *path) {
    size_t len = strlen(path);
    return len > strlen(".lua") && strcmp(path + len - strlen(".lua"), ".lua") == 0;
}

static ll_err read_scenario(struct reader *reader, const char *name) {
    LL_TRY(read_file(reader, name));
    // Files are scanned in the order they are found, and scanning finds more.
    for (size_t i = 0; i < reader->bundle.count; i++) {
        const struct ll_bundle_file *file = &reader->bundle.files[i];
        if (i > 0 && !is_code(file->path)) continue;
        reader->scanned = file->path;
        ll_requires_scan(file->content, file->len, visit_named, reader);
        LL_TRY(reader->err);
    }
    return LL_SUCCESS;
}

ll_err ll_bundle_read(const char *path, struct ll_bundle *out) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (!is_valid_path(name)) return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" is no path of a scenario file", path);
    char *folder = ll_strndup(path, (size_t)(name - path));
    struct reader reader = {.folder = folder, .bytes = strlen(name) + FILE_OVERHEAD};
    ll_err err = read_scenario(&reader, name);
    free(folder);
    if (err.status != LL_OK) {
        ll_bundle_fini(&reader.bundle);
        return err;
    }
    reader.bundle.main = ll_strdup(name);
    sort(&reader.bundle);
    *out = reader.bundle;
    return LL_SUCCESS;
}

void ll_bundle_pack(const struct ll_bundle *bundle, struct ll_buf *out) {
    struct ll_wire_arena arena = ll_wire_arena_make(LL_WIRE_NO_LIMIT);
    struct ll_bundle_file *sorted = ll_wire_alloc(&arena, bundle->count, sizeof *sorted);
    if (bundle->count) memcpy(sorted, bundle->files, bundle->count * sizeof *sorted);
    struct ll_bundle in_order = {.files = sorted, .count = bundle->count};
    sort(&in_order);

    Liveload__V1__Bundle message = LIVELOAD__V1__BUNDLE__INIT;
    message.main = ll_wire_text(bundle->main);
    message.n_files = bundle->count;
    message.files = ll_wire_alloc(&arena, bundle->count, sizeof *message.files);
    for (size_t i = 0; i < bundle->count; i++) {
        message.files[i] = ll_wire_alloc(&arena, 1, sizeof **message.files);
        liveload__v1__bundle__file__init(message.files[i]);
        message.files[i]->path = ll_wire_text(sorted[i].path);
        message.files[i]->content = (ProtobufCBinaryData){.data = sorted[i].content, .len = sorted[i].len};
    }
    ll_wire_pack(&message.base, out);
    ll_wire_arena_fini(&arena);
}

static ll_err from_proto(const Liveload__V1__Bundle *message, struct ll_bundle *bundle) {
    if (message->n_files > LL_BUNDLE_FILES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "it has %zu files: at most %d are allowed", message->n_files,
                           LL_BUNDLE_FILES_MAX);
    for (size_t i = 0; i < message->n_files; i++) {
        const Liveload__V1__Bundle__File *file = message->files[i];
        if (!is_valid_path(file->path))
            return ll_err_make(LL_INVALID_ARGUMENT, "the path \"%.100s\" leaves it or is no path", file->path);
        add_file(bundle, file->path, file->content.data, file->content.len);
    }
    sort(bundle);
    for (size_t i = 1; i < bundle->count; i++)
        if (strcmp(bundle->files[i - 1].path, bundle->files[i].path) == 0)
            return ll_err_make(LL_INVALID_ARGUMENT, "the path \"%s\" is there twice", bundle->files[i].path);
    if (!ll_bundle_find(bundle, message->main))
        return ll_err_make(LL_INVALID_ARGUMENT, "its scenario \"%.100s\" is not among its files", message->main);
    bundle->main = ll_strdup(message->main);
    return LL_SUCCESS;
}

ll_err ll_bundle_unpack(const void *data, size_t len, struct ll_bundle *out) {
    if (len > LL_BUNDLE_BYTES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the bundle is %zu bytes long: at most %d MB are allowed", len,
                           LL_BUNDLE_BYTES_MAX >> 20);
    struct ll_wire_arena arena = ll_wire_arena_make(ll_wire_memory_for(len));
    ProtobufCMessage *message = NULL;
    struct ll_bundle bundle = {.main = NULL};
    ll_err err = ll_wire_unpack(&liveload__v1__bundle__descriptor, "the bundle", data, len, &arena, &message);
    if (err.status == LL_OK) err = ll_err_in(from_proto((const Liveload__V1__Bundle *)message, &bundle), "the bundle");
    ll_wire_arena_fini(&arena);
    if (err.status != LL_OK)
        ll_bundle_fini(&bundle);
    else
        *out = bundle;
    return err;
}
