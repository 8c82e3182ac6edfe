// One sandboxed Lua state and its limits: how much memory it may hold, and how long it may run before it waits.
//
// Scripts run on `thread`, a Lua thread of their own, so that they can wait in the middle; `main` only builds it. A
// thread that reached its end is used again; one that was cut short is left to the garbage collector as it stands, so
// that nothing of a script runs after its end was decided. One owner thread; no call here blocks or allocates through
// Lua outside of a protected call.
#ifndef AGENT_SCENARIO_VM_H
#define AGENT_SCENARIO_VM_H

#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_VM_PLACE_MAX = LUA_IDSIZE + 16, // bytes of "shop.lua:12"
    LL_VM_FUNCTION_MAX = 48,           // of "ctx:wait_for_selector"
};

struct ll_vm_limits {
    size_t bytes;
    int64_t instructions; // between two waits
};

enum ll_vm_status {
    LL_VM_DONE,   // the function returned
    LL_VM_WAITS,  // it yielded: run it again with what it waits for
    LL_VM_FAILED, // an error nobody caught, or a limit that was passed: ll_failure_explain
    LL_VM_HALTED, // it asked for its own end
};

enum ll_vm_ending { LL_VM_GOES_ON, LL_VM_ENDS_HALTED, LL_VM_ENDS_KILLED };

struct ll_scenario;
struct ll_script;

struct ll_vm {
    lua_State *main;
    lua_State *thread;
    struct ll_scenario *scenario;
    struct ll_script *script;                        // NULL in the scenario's own state, which runs no iterations
    void (*print)(struct ll_vm *, const char *text); // where print goes; NULL drops it
    struct ll_vm_limits limits;
    size_t bytes;                       // in use
    int64_t instructions_left;          // until the next wait
    enum ll_vm_ending ending;           // what the script has come to
    bool refuses_all;                   // memory, while the script is being ended by an error
    bool is_spent;                      // the thread was cut short: the next run needs a new one
    int lua_status;                     // of the last run
    volatile sig_atomic_t is_overdue;   // it kept the loop too long: set by a signal handler
    char killed_at[LL_VM_PLACE_MAX];    // where the script stood when it passed a limit
    char killed_in[LL_VM_FUNCTION_MAX]; // the library function that spent the rest; "": instructions did
    const char *killed_why;             // and what is the usual cause
    char refused_at[LL_VM_PLACE_MAX];   // where it stood when memory was last refused; "" when it never was
};

// An empty state; `vm` stays where it is for the state's life. False when there is no memory for it.
bool ll_vm_open(struct ll_vm *vm, struct ll_vm_limits limits);
void ll_vm_close(struct ll_vm *vm);

// A thread with an empty stack to push a function and its arguments on. False when memory ran out, which
// ll_failure_explain then tells.
bool ll_vm_prepare(struct ll_vm *vm);
// Runs the function on the thread with the `arguments` above it, or goes on after a wait. What the function returned
// stays on the thread's stack; its number is *out_results.
enum ll_vm_status ll_vm_run(struct ll_vm *vm, int arguments, int *out_results);
// Gives up what waits or lies on the thread.
void ll_vm_drop(struct ll_vm *vm);

// From here on: called by C functions that scripts call.

struct ll_vm *ll_vm_of(lua_State *L);
// "shop.lua:12", the line of the nearest function of the scenario's own; "" when there is none.
void ll_vm_place(lua_State *L, char out[LL_VM_PLACE_MAX]);
// Raises "PLACE: sentence". Longer sentences are cut.
void ll_vm_raise(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
// Ends the script in a way that no pcall of its own stops. Use as `return ll_vm_end(L, ending)`.
int ll_vm_end(lua_State *L, enum ll_vm_ending ending);

#endif
