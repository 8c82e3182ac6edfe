// Coordinator, agents and command as separate programs: who may join, and what garbage does.
#include "libcommon/base/alloc.h"
#include "libcommon/rpc/blocking.h"
#include "tests/support/standing.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int run_nothing(const struct standing *standing) {
    struct program *run =
        program_run("liveload", "run", standing->scenario, "--coordinator", standing->url, "--token-file",
                    standing->token, "--users", "3", "--iterations", "9", "--out", standing->out);
    int code = run->exit_code;
    cr_expect(eq(int, code, 0), "%s%s", run->said, run->complained);
    program_free(&run);
    return code;
}

Test(cluster, a_standing_coordinator_serves_one_run_after_another) {
    struct standing standing = standing_make();
    struct program *agent = standing_agent(&standing, "first");
    run_nothing(&standing);
    run_nothing(&standing);
    program_signal(agent, SIGTERM);
    cr_expect(eq(int, program_wait(agent), 0), "%s", agent->complained);
    program_free(&agent);
    standing_free(&standing);
}

Test(cluster, a_run_waits_for_agents_that_others_start) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *token = folder_write(folder, "token", "0123456789abcdef0123456789abcdef\n");
    char *scenario = folder_write(folder, "nothing.lua", standing_lua);
    struct program *run =
        program_start("liveload", "run", scenario, "--wait-for-agents", "1", "--listen", "tcp://127.0.0.1:0",
                      "--token-file", token, "--iterations", "3", "--out", out, NULL);
    program_await(run, "--coordinator tcp://");
    const char *url = strstr(strstr(run->complained, "--coordinator"), "tcp://");
    char address[64];
    snprintf(address, sizeof address, "%.*s", (int)strcspn(url, "\n "), url);
    struct program *agent =
        program_start("liveload-agent", "--coordinator", address, "--token-file", token, "--browser", "null", NULL);
    cr_expect(eq(int, program_wait(run), 0), "%s%s", run->said, run->complained);
    program_free(&agent);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(token);
    free(scenario);
}

Test(cluster, a_coordinator_that_is_ended_leaves_its_run_to_the_next) {
    struct standing standing = standing_make();
    char *journal = path_in(standing.folder, "journal"), *file = path_in(journal, "run.journal");
    standing_end_coordinator(&standing);
    standing_begin_journal(&standing, journal);
    struct program *agent = standing_agent(&standing, "steady");
    struct program *run =
        program_start("liveload", "run", standing.scenario, "--coordinator", standing.url, "--token-file",
                      standing.token, "--users", "3", "--duration", "4s", "--out", standing.out, NULL);
    program_await(run, " iterations ");
    standing_end_coordinator(&standing);
    standing_begin_journal(&standing, journal);
    cr_expect(eq(int, program_wait(run), 0), "%s%s%s", run->said, run->complained, standing.coordinator->complained);
    cr_expect(eq(int, access(file, F_OK), -1)); // the result was fetched
    program_free(&run);
    program_free(&agent);
    free(file);
    free(journal);
    standing_free(&standing);
}

enum damage { CUT, FLIP };

static void damage(const char *file, enum damage how) {
    struct stat info;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    cr_assert(fd >= 0 && fstat(fd, &info) == 0, "%s", file);
    char *bytes = ll_alloc((size_t)info.st_size, 1);
    cr_assert(eq(long, pread(fd, bytes, (size_t)info.st_size, 0), (long)info.st_size));
    off_t at = info.st_size - (how == CUT ? 10 : 500); // in the last record, or one before it
    bytes[at] ^= 1;
    if (how == CUT)
        cr_assert(eq(int, ftruncate(fd, at), 0));
    else
        cr_assert(eq(long, pwrite(fd, bytes + at, 1, at), 1));
    free(bytes);
    close(fd);
}

// What was acknowledged and is in no journal any more cannot come again: the run ends all the same, and says so.
static void lose_of_the_journal(enum damage how) {
    struct standing standing = standing_make();
    char *journal = path_in(standing.folder, "journal"), *file = path_in(journal, "run.journal");
    standing_end_coordinator(&standing);
    standing_begin_journal(&standing, journal);
    struct program *agent = standing_agent(&standing, "steady");
    struct program *run =
        program_start("liveload", "run", standing.scenario, "--coordinator", standing.url, "--token-file",
                      standing.token, "--users", "3", "--duration", "6s", "--out", standing.out, NULL);
    program_await(run, " iterations ");
    await_file_of(file, 1500); // some snapshots are in it
    standing_kill_coordinator(&standing);
    damage(file, how);
    standing_begin_journal(&standing, journal);
    cr_expect(eq(int, program_wait(run), 98), "%s%s%s", run->said, run->complained, standing.coordinator->complained);
    cr_expect(has(run->said, "of agent steady is lost: what was measured in it is missing"), "%s", run->said);
    program_free(&run);
    program_free(&agent);
    free(file);
    free(journal);
    standing_free(&standing);
}

Test(cluster, a_journal_that_was_cut_off_makes_the_run_invalid) {
    lose_of_the_journal(CUT);
}

Test(cluster, a_journal_with_a_flipped_bit_makes_the_run_invalid) {
    lose_of_the_journal(FLIP);
}

Test(cluster, a_wrong_token_is_refused_with_the_way_out) {
    struct standing standing = standing_make();
    char *wrong = folder_write(standing.folder, "wrong", "ffffffffffffffffffffffffffffffff\n");
    struct program *agent =
        program_run("liveload-agent", "--coordinator", standing.url, "--token-file", wrong, "--browser", "null");
    cr_expect(eq(int, agent->exit_code, 1), "%s", agent->complained);
    cr_expect(has(agent->complained, "--token-file"), "%s", agent->complained);
    struct program *run = program_run("liveload", "run", standing.scenario, "--coordinator", standing.url,
                                      "--token-file", wrong, "--out", standing.out);
    cr_expect(eq(int, run->exit_code, 1), "%s", run->complained);
    cr_expect(has(run->complained, "--token-file"), "%s", run->complained);
    program_free(&agent);
    program_free(&run);
    free(wrong);
    standing_free(&standing);
}

Test(cluster, more_users_than_the_agents_take_is_refused) {
    struct standing standing = standing_make();
    struct program *agent = program_start("liveload-agent", "--coordinator", standing.url, "--token-file",
                                          standing.token, "--browser", "null", "--max-users", "2", NULL);
    struct program *run = program_run("liveload", "run", standing.scenario, "--coordinator", standing.url,
                                      "--token-file", standing.token, "--users", "3", "--out", standing.out);
    cr_expect(eq(int, run->exit_code, 2), "%s%s", run->said, run->complained);
    cr_expect(has(run->complained, "3") && has(run->complained, "2"), "%s", run->complained);
    program_free(&run);
    program_free(&agent);
    standing_free(&standing);
}

Test(cluster, a_port_in_use_is_said) {
    struct standing standing = standing_make();
    struct program *second =
        program_run("liveload-coordinator", "--listen", standing.url, "--token-file", standing.token);
    cr_expect(eq(int, second->exit_code, 1), "%s", second->complained);
    cr_expect(has(second->complained, "in use"), "%s", second->complained);
    program_free(&second);
    standing_free(&standing);
}

Test(cluster, more_agents_than_can_connect_are_refused) {
    struct program *coordinator =
        program_run("liveload-coordinator", "--listen", "tcp://127.0.0.1:0", "--max-agents", "1001");
    cr_expect(eq(int, coordinator->exit_code, 2));
    cr_expect(has(coordinator->complained, "from 1 to 1000"), "%s", coordinator->complained);
    program_free(&coordinator);
}

Test(cluster, a_coordinator_off_loopback_is_refused) {
    struct program *coordinator = program_run("liveload-coordinator", "--listen", "tcp://0.0.0.0:0");
    cr_expect(ne(int, coordinator->exit_code, 0));
    cr_expect(has(coordinator->complained, "ssh"), "%s", coordinator->complained);
    program_free(&coordinator);
}

Test(cluster, no_coordinator_there_is_said) {
    char *folder = folder_make(), *scenario = folder_write(folder, "nothing.lua", standing_lua);
    char *token = folder_write(folder, "token", "0123456789abcdef0123456789abcdef\n");
    char *out = path_in(folder, "out");
    struct program *run = program_run("liveload", "run", scenario, "--coordinator", "tcp://127.0.0.1:65532",
                                      "--token-file", token, "--out", out);
    cr_expect(eq(int, run->exit_code, 1), "%s", run->complained);
    cr_expect(has(run->complained, "tcp://127.0.0.1:65532"), "%s", run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(scenario);
    free(token);
    free(out);
}

// SIGSTOP is what a machine that swaps or a laptop that sleeps does to it.
Test(cluster, what_a_stopped_agent_had_measured_is_counted_when_it_goes_on) {
    struct standing standing = standing_make();
    struct program *steady = standing_agent(&standing, "steady"), *stopped = standing_agent(&standing, "stopped");
    program_await(standing.coordinator, "agent steady has registered");
    program_await(standing.coordinator, "agent stopped has registered");
    struct program *run =
        program_start("liveload", "run", standing.scenario, "--coordinator", standing.url, "--token-file",
                      standing.token, "--users", "4", "--duration", "12s", "--out", standing.out, NULL);
    program_await(run, " iterations ");
    program_signal(stopped, SIGSTOP);
    program_await(standing.coordinator, "agent stopped was not heard for 5 s");
    program_signal(stopped, SIGCONT);
    program_await(standing.coordinator, "agent stopped is heard again");
    cr_expect(eq(int, program_wait(run), 98), "%s%s", run->said, run->complained);
    cr_expect(has(run->said, "it was heard again"), "%s", run->said);
    program_free(&run);
    program_free(&steady);
    program_free(&stopped);
    standing_free(&standing);
}

// With the token one can register, and then knows one's own epoch; of the others it tells nothing.
Test(cluster, an_agent_cannot_leave_for_another) {
    struct standing standing = standing_make();
    struct ll_blocking *calls;
    struct ll_blocking_options options = {
        .url = standing.url, .token = "0123456789abcdef0123456789abcdef", .interrupt_fd = -1};
    cr_assert(eq(int, ll_blocking_new(&options, &calls).status, LL_OK));
    struct ll_register_request request = {.name = "one", .instance = 1};
    struct ll_register_reply one, other;
    ll_err err = ll_blocking_register_agent(calls, &request, &one);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    request.instance = 2;
    cr_assert(eq(int, ll_blocking_register_agent(calls, &request, &other).status, LL_OK));
    uint64_t apart = one.epoch > other.epoch ? one.epoch - other.epoch : other.epoch - one.epoch;
    cr_expect(gt(u64, apart, 1 << 20), "the epochs are %llu and %llu", (unsigned long long)one.epoch,
              (unsigned long long)other.epoch);
    for (uint64_t guess = 1; guess < 50; guess++) {
        struct ll_leave_request leave = {.agent_id = other.agent_id, .epoch = one.epoch + guess};
        struct ll_empty gone;
        cr_assert(eq(int, ll_blocking_leave(calls, &leave, &gone).status, LL_NOT_FOUND), "guess %d", (int)guess);
    }
    ll_blocking_free(&calls);
    standing_free(&standing);
}

static int dial(const struct standing *standing) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    address.sin_port = htons((uint16_t)strtoul(strrchr(standing->url, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void send_raw(const struct standing *standing, const void *bytes, size_t len) {
    int fd = dial(standing);
    ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
    (void)sent; // the other side may have hung up already
    shutdown(fd, SHUT_WR);
    char answer[512];
    while (recv(fd, answer, sizeof answer, 0) > 0) {}
    close(fd);
}

// The SP handshake of a REQ socket (SP TCP mapping RFC, protocol 48), then a frame that claims `size` bytes.
static void send_frame(const struct standing *standing, uint64_t size, const void *body, size_t len) {
    unsigned char bytes[16 + 512] = {0, 'S', 'P', 0, 0, 48, 0, 0};
    for (int i = 0; i < 8; i++) bytes[8 + i] = (unsigned char)(size >> (56 - 8 * i));
    memcpy(bytes + 16, body, len);
    send_raw(standing, bytes, 16 + len);
}

Test(cluster, garbage_on_the_port_changes_nothing) {
    struct standing standing = standing_make();
    struct program *agent = standing_agent(&standing, "steady");
    unsigned char junk[512], request[12] = {0x80, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 'j', 'u', 'n', 'k'};
    for (size_t i = 0; i < sizeof junk; i++) junk[i] = (unsigned char)(i * 73 + 11);
    send_raw(&standing, junk, sizeof junk);
    send_raw(&standing, "GET / HTTP/1.1\r\n\r\n", 18);
    send_frame(&standing, sizeof junk, junk, sizeof junk);
    send_frame(&standing, sizeof request, request, sizeof request);
    send_frame(&standing, UINT64_MAX, junk, sizeof junk);
    send_frame(&standing, 1ull << 33, junk, sizeof junk);
    run_nothing(&standing);
    program_free(&agent);
    standing_free(&standing);
}

// Calls that are refused, sent for as long as they are taken, without reading one answer. Returns when no more are.
static int send_and_never_read(const struct standing *standing) {
    unsigned char frame[20] = {0, 0, 0, 0, 0, 0, 0, 12, 0x80, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 'j', 'u', 'n', 'k'};
    unsigned char opening[8] = {0, 'S', 'P', 0, 0, 48, 0, 0};
    int fd = dial(standing), little = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    cr_assert(send(fd, opening, sizeof opening, MSG_NOSIGNAL) == sizeof opening);
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    while (poll(&room, 1, 1000) > 0)
        if (send(fd, frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) break;
    return fd;
}

Test(cluster, a_connection_without_a_token_does_not_end_a_run) {
    struct standing standing = standing_make();
    struct program *agent = standing_agent(&standing, "steady");
    struct program *run =
        program_start("liveload", "run", standing.scenario, "--coordinator", standing.url, "--token-file",
                      standing.token, "--users", "3", "--duration", "9s", "--out", standing.out, NULL);
    program_await(run, " iterations ");
    int stranger = send_and_never_read(&standing);
    cr_expect(eq(int, program_wait(run), 0), "%s%s%s", run->said, run->complained, standing.coordinator->complained);
    close(stranger);
    program_free(&run);
    program_free(&agent);
    standing_free(&standing);
}
