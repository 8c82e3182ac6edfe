// Browsers and pages that die, and browsers that never live.
#include "tests/unit/browser/driver.h"

#include "agent/browser/cdp/page.h"
#include "agent/browser/process.h"
#include "libcommon/base/temporary.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct ll_site_page site[] = {{.path = "/", .body = "<h1 id=title>Alive</h1>"}, {.path = NULL}};

// The only children of this process are browsers; one of them.
static pid_t browser_pid(void) {
    pid_t found = 0;
    DIR *entries = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[64], text[512];
        snprintf(path, sizeof path, "/proc/%.20s/stat", entry->d_name);
        FILE *file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!file) continue;
        size_t len = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[len] = '\0';
        int parent = 0;
        const char *rest = strrchr(text, ')');
        if (rest && sscanf(rest, ") %*c %d", &parent) == 1 && parent == getpid()) found = (pid_t)strtol(text, NULL, 10);
    }
    closedir(entries);
    cr_assert(found > 0, "there is no browser");
    return found;
}

static struct ll_action long_wait(void) {
    return (struct ll_action){.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#never", .timeout_ms = 60 * 1000};
}

Test(crash, a_browser_that_dies_is_counted_and_its_users_go_on) {
    struct driver driver;
    struct driven_page acting, idle, again;
    struct ll_action wait = long_wait();
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &acting);
    driven_open(&driver, &idle);
    driven_begin(&acting, &wait);
    kill(browser_pid(), SIGKILL);
    driver_serve_until(&driver, &acting.lost);
    driver_serve_until(&driver, &idle.lost);
    cr_expect(eq(int, acting.err.status, LL_UNAVAILABLE), "%s", acting.err.text);
    cr_expect(not(acting.done));
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_BROWSER_CRASHES, "").count, 1));
    driven_open(&driver, &again);
    driven_visit(&again, "/");
    cr_expect_str_eq(driven_read(&again, LL_OP_INNER_TEXT, "#title", NULL), "Alive");
    driver_end(&driver);
}

Test(crash, of_two_browsers_one_that_dies_takes_its_own_users_alone) {
    struct driver driver;
    struct driven_page pages[4], again;
    driver_begin(&driver, "pool", site);
    for (int i = 0; i < 4; i++) driven_open(&driver, &pages[i]);
    kill(browser_pid(), SIGKILL);
    driver_await_measured(&driver, LL_METRIC_BROWSER_CRASHES, "", 1);
    driven_open(&driver, &again); // the members take turns: this or the next waits for the new browser
    driven_visit(&again, "/");
    int lost = 0;
    for (int i = 0; i < 4; i++) {
        if (pages[i].lost)
            lost++;
        else
            driven_visit(&pages[i], "/");
    }
    cr_expect(eq(int, lost, 2));
    driver_end(&driver);
}

Test(crash, two_browsers_that_cannot_start_say_so_once) {
    struct driver driver;
    cr_assert_eq(driver_open(&driver, "pool:/bin/false", site).status, LL_OK);
    driver_start(&driver);
    cr_expect_neq(driver.ready_err.status, LL_OK);
    driver_end(&driver);
}

static void say_it_listens(void *owner, const struct ll_devtools_address *address) {
    (void)owner, (void)address;
    cr_expect(false, "it is said to listen after it was killed");
}

static void note_the_end(void *owner, ll_err why) {
    (void)why;
    struct driver *driver = owner;
    driver->stopped = true;
    ll_loop_wake(driver->loop);
}

// A pipe is there from the start, so that the news of it is under way when its process is killed.
Test(crash, a_browser_that_was_killed_does_not_listen) {
    static const struct lws_protocols protocols[] = {{.name = LL_PROCESS_PROTOCOL, .callback = ll_process_callback},
                                                     {.name = NULL}};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .gid = (gid_t)-1, .uid = (uid_t)-1};
    struct driver driver = {0};
    cr_assert_eq(ll_loop_new(&driver.loop).status, LL_OK);
    struct lws_vhost *vhost = lws_create_vhost(ll_loop_lws(driver.loop), &info);
    struct ll_launch launch = {.transport = LL_TRANSPORT_PIPE};
    struct ll_process_events events = {.owner = &driver, .on_listening = say_it_listens, .on_end = note_the_end};
    struct ll_process *process;
    ll_err err = ll_process_start(driver.loop, vhost, "/bin/false", &launch, events, &process);
    cr_assert_eq(err.status, LL_OK, "%s", err.text);
    ll_process_kill(process);
    driver_serve_until(&driver, &driver.stopped);
    ll_process_free(&process);
    driver_end(&driver);
}

Test(crash, pages_that_were_being_opened_open_in_the_next_browser) {
    struct driver driver;
    struct driven_page pages[3];
    driver_begin(&driver, NULL, site);
    for (int i = 0; i < 3; i++) driven_open_begin(&driver, &pages[i]);
    kill(browser_pid(), SIGKILL);
    for (int i = 0; i < 3; i++) {
        driver_serve_until(&driver, &pages[i].opened);
        cr_expect_eq(pages[i].err.status, LL_OK, "%s", pages[i].err.text);
    }
    driver_end(&driver);
}

Test(crash, a_browser_that_hangs_opens_no_page_and_says_so) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, NULL, site);
    pid_t browser = browser_pid();
    kill(browser, SIGSTOP);
    driven_open_begin(&driver, &page);
    ll_timer_set(((struct ll_cdp_page *)page.page)->timer, 0); // the deadline, which nobody needs to wait for here
    driver_serve_until(&driver, &page.opened);
    cr_expect(eq(int, page.err.status, LL_DEADLINE_EXCEEDED), "%s", page.err.text);
    kill(browser, SIGCONT);
    driven_open(&driver, &page); // after the first one's context, which is given back when its id comes
    driver_end(&driver);
}

// How many there was room for.
static int fill_all_calls(struct driven_page *page) {
    struct ll_cdp_client *client = ll_cdp_page_client((struct ll_cdp_page *)page->page);
    int count = 0;
    while (ll_cdp_call(client, "", "Browser.getVersion", "{}", NULL, NULL)) count++;
    return count;
}

Test(crash, a_browser_that_is_too_busy_opens_no_page_and_says_so) {
    struct driver driver;
    struct driven_page page, refused, closed;
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
    fill_all_calls(&page);
    driven_open_begin(&driver, &refused);
    driven_open_begin(&driver, &closed);
    driven_close(&closed);
    driver_serve_until(&driver, &refused.opened);
    cr_expect(eq(int, refused.err.status, LL_RESOURCE_EXHAUSTED), "%s", refused.err.text);
    driver_end(&driver);
}

// Chromium never answers what a page was asked whose context is given back.
Test(crash, what_a_closed_page_was_asked_leaves_room_for_other_calls) {
    enum { ASKED = 200, STILL_TO_BE_ANSWERED = 50 };
    struct driver driver;
    struct driven_page page;
    struct ll_action never = {.operation = LL_OP_EVALUATE, .text = "new Promise(() => 0)", .timeout_ms = 60 * 1000};
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
    for (int i = 0; i < ASKED; i++) {
        driven_begin(&page, &never);
        ll_cdp_page_cancel((struct ll_cdp_page *)page.page);
    }
    driven_close(&page);
    driven_open(&driver, &page);
    cr_expect(ge(int, fill_all_calls(&page), LL_CDP_CALLS_MAX - STILL_TO_BE_ANSWERED));
    driver_end(&driver);
}

Test(crash, a_page_that_dies_is_counted_and_the_others_live) {
    struct driver driver;
    struct driven_page victim, other;
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &victim);
    driven_open(&driver, &other);
    driven_visit(&other, "/");
    struct ll_action crash = {.operation = LL_OP_NAVIGATE, .text = "chrome://crash", .timeout_ms = 10 * 1000};
    driven_begin(&victim, &crash);
    driver_serve_until(&driver, &victim.lost);
    cr_expect(eq(int, victim.err.status, LL_ABORTED), "%s", victim.err.text);
    cr_expect(eq(str, victim.err.text, "the page crashed"));
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_BROWSER_CRASHES, "").count, 1));
    cr_expect_str_eq(driven_read(&other, LL_OP_INNER_TEXT, "#title", NULL), "Alive");
    driver_end(&driver);
}

static void expect_no_start(const char *browser, enum ll_status status, const char *sentence) {
    struct driver driver;
    ll_err err = driver_open(&driver, browser, NULL);
    if (err.status == LL_OK) {
        driver_start(&driver);
        err = driver.ready_err;
    }
    cr_expect_eq(err.status, status, "%s: %d, %s", browser, err.status, err.text);
    cr_expect(strstr(err.text, sentence) != NULL, "\"%s\" does not say \"%s\"", err.text, sentence);
    driver_end(&driver);
}

static void write_program(char *path, const char *text) {
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    fchmod(fd, 0755);
    close(fd);
}

Test(crash, a_browser_that_cannot_start_says_its_last_words) {
    char path[] = "/tmp/liveload-test-browser-XXXXXX", broken[] = "/tmp/liveload-test-browser-XXXXXX";
    write_program(path, "#!/bin/sh\necho first >&2\necho 'libnss3.so: cannot open' >&2\nexit 3\n");
    write_program(broken, "no program at all\n");
    expect_no_start(path, LL_UNAVAILABLE, "ended with status 3; it said last: libnss3.so: cannot open");
    expect_no_start(broken, LL_UNAVAILABLE, "cannot be executed");
    unlink(path);
    unlink(broken);
}

Test(crash, a_browser_that_is_not_there_is_not_found) {
    expect_no_start("/nowhere/chromium", LL_NOT_FOUND, "/nowhere/chromium");
    expect_no_start("no-such-browser", LL_NOT_FOUND, "no-such-browser");
    setenv("LIVELOAD_BROWSER", "/nowhere/at/all", 1);
    expect_no_start(NULL, LL_NOT_FOUND, "LIVELOAD_BROWSER");
    unsetenv("LIVELOAD_BROWSER");
}

Test(crash, the_wrapper_of_debian_is_seen_through) {
    struct driver driver;
    struct driven_page page;
    if (access("/usr/bin/chromium-headless-shell", X_OK) != 0) cr_skip("this machine has no Debian Chromium");
    driver_begin(&driver, "/usr/bin/chromium-headless-shell", site);
    driven_open(&driver, &page);
    char link[64], target[256] = "";
    snprintf(link, sizeof link, "/proc/%d/exe", (int)browser_pid());
    cr_assert(readlink(link, target, sizeof target - 1) > 0);
    cr_expect_str_eq(target, "/usr/lib/chromium/chromium-headless-shell");
    driver_end(&driver);
}

static int entries_in(const char *folder) {
    int count = 0;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; (entry = readdir(entries));)
        if (entry->d_name[0] != '.') count++;
    closedir(entries);
    return count;
}

// A process that has a browser, as an agent has, and says who it is.
static void own_a_browser(int fd) {
    struct driver driver;
    driver_begin(&driver, NULL, site);
    pid_t pid = browser_pid();
    if (write(fd, &pid, sizeof pid) != sizeof pid) _exit(1);
    pause();
}

Test(crash, a_killed_owner_takes_its_browser_along_and_the_profile_is_swept) {
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    char folder[] = "/tmp/liveload-test-profiles-XXXXXX";
    cr_assert(mkdtemp(folder) != NULL);
    setenv("TMPDIR", folder, 1);
    prctl(PR_SET_CHILD_SUBREAPER, 1); // the orphaned browser becomes our child, so that its end can be waited for
    pid_t owner = fork();
    if (owner == 0) own_a_browser(fds[1]);
    pid_t browser = 0;
    cr_assert_eq(read(fds[0], &browser, sizeof browser), (ssize_t)sizeof browser);
    kill(owner, SIGKILL);
    cr_assert_eq(waitpid(owner, NULL, 0), owner);
    cr_expect_eq(waitpid(browser, NULL, 0), browser); // it ends; without the parent-death signal this would hang
    ll_temporary_sweep("profile");
    cr_expect(eq(int, entries_in(folder), 0));
    rmdir(folder);
}

// As of an agent in another container: no process here has the number in its name.
Test(crash, a_profile_that_is_in_use_is_not_swept) {
    char folder[] = "/tmp/liveload-test-profiles-XXXXXX", made[PATH_MAX], foreign[PATH_MAX];
    cr_assert(mkdtemp(folder) != NULL);
    setenv("TMPDIR", folder, 1);
    int lock;
    cr_assert(eq(int, ll_temporary_make("profile", made, &lock).status, LL_OK));
    snprintf(foreign, sizeof foreign, "%s/liveload-profile-999999999-abcdef", folder);
    cr_assert_eq(rename(made, foreign), 0);
    ll_temporary_sweep("profile");
    cr_expect(eq(int, entries_in(folder), 1));
    close(lock); // its owner is dead
    ll_temporary_sweep("profile");
    cr_expect(eq(int, entries_in(folder), 0));
    rmdir(folder);
}

Test(crash, a_browser_that_hangs_is_ended) {
    struct driver driver;
    struct driven_page acting, opening, again;
    struct ll_action wait = long_wait();
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &acting);
    driven_begin(&acting, &wait);
    kill(browser_pid(), SIGSTOP);
    driven_open_begin(&driver, &opening);
    driver_serve_until(&driver, &acting.lost);
    driver_serve_until(&driver, &opening.opened);
    cr_expect_eq(opening.err.status, LL_OK, "%s", opening.err.text);
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_BROWSER_CRASHES, "").count, 1));
    driven_open(&driver, &again);
    driven_visit(&again, "/");
    driver_end(&driver);
}

Test(crash, a_page_that_is_renewed_when_the_browser_dies_opens_in_the_next) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, NULL, site);
    for (enum ll_renewal renewal = LL_RENEWAL_NONE; renewal <= LL_RENEWAL_FRESH; renewal++) {
        driver.context = (struct ll_context_options){.renewal = renewal, .recycling = {.iterations = 1}};
        driven_open(&driver, &page);
        driven_visit(&page, "/");
        cr_assert(driver.connection->ops->page_rest(page.page));
        page.opened = false;
        driver.connection->ops->page_renew(page.page);
        kill(browser_pid(), SIGKILL);
        driver_serve_until(&driver, &page.opened);
        cr_assert_eq(page.err.status, LL_OK, "%s", page.err.text);
        driven_visit(&page, "/");
        driven_close(&page);
    }
    driver_end(&driver);
}
