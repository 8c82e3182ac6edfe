// How a script is ended so that it cannot go on: it yields and is never resumed, so no pcall of its own sees anything.
// Where it cannot yield, because a C function such as table.sort called it, an error is raised instead, and the count
// hook raises again at every instruction from then on: whatever catches one of them fails at its next step, until the
// C function is left and the script yields, or the thread has unwound. That error is Lua's own for memory that ran
// out, provoked: it is the one that xpcall does not hand to its message handler, which would run without the hook.
#include "agent/scenario/vm.h"

#include "agent/scenario/scenario.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOOK_EVERY = 10000, // instructions between two looks at the limit
    SENTENCE_MAX = 1024,
    BYTES_OF_AN_INSTRUCTION = 128, // that are allocated: what puts them there takes about as long
};

static const char thread_key; // the registry's name for the thread, which keeps it alive

// What runs now, for the watchdog's signal handler.
static lua_State *volatile running;

static void count_hook(lua_State *L, lua_Debug *at) {
    (void)at;
    struct ll_vm *vm = ll_vm_of(L);
    if (vm->ending == LL_VM_GOES_ON) {
        vm->instructions_left -= HOOK_EVERY;
        if (vm->instructions_left > 0 && !vm->is_overdue) return;
        ll_vm_place(L, vm->killed_at);
        vm->killed_in[0] = '\0';
    }
    ll_vm_end(L, LL_VM_ENDS_KILLED);
}

// One instruction may join texts of megabytes. Lua lets a hook be set at any time.
static void spend_on_memory(struct ll_vm *vm, size_t bytes) {
    if (!vm->thread || running != vm->thread) return;
    vm->instructions_left -= (int64_t)(bytes / BYTES_OF_AN_INSTRUCTION);
    if (vm->instructions_left <= 0) lua_sethook(vm->thread, count_hook, LUA_MASKCOUNT, 1);
}

static void *allocate(void *owner, void *old, size_t old_size, size_t size) {
    struct ll_vm *vm = owner;
    size_t before = old ? old_size : 0; // for a new object Lua passes its kind in old_size
    if (size == 0) {
        free(old);
        vm->bytes -= before;
        return NULL;
    }
    if (size > before && vm->refuses_all) return NULL;
    if (size > before && size - before > vm->limits.bytes - vm->bytes) {
        if (vm->thread && running == vm->thread) ll_vm_place(vm->thread, vm->refused_at);
        return NULL;
    }
    void *memory = realloc(old, size);
    if (memory) vm->bytes += size - before;
    if (memory && size > before) spend_on_memory(vm, size - before);
    return memory;
}

bool ll_vm_open(struct ll_vm *vm, struct ll_vm_limits limits) {
    *vm = (struct ll_vm){.limits = limits, .is_spent = true};
    vm->main = lua_newstate(allocate, vm);
    if (!vm->main) return false;
    memcpy(lua_getextraspace(vm->main), &vm, sizeof vm); // every thread starts with a copy
    lua_sethook(vm->main, count_hook, LUA_MASKCOUNT, HOOK_EVERY);
    return true;
}

void ll_vm_close(struct ll_vm *vm) {
    if (vm->main) lua_close(vm->main);
    *vm = (struct ll_vm){0};
}

static int make_thread(lua_State *L) {
    lua_newthread(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &thread_key);
    return 0;
}

bool ll_vm_prepare(struct ll_vm *vm) {
    vm->ending = LL_VM_GOES_ON;
    vm->lua_status = LUA_OK;
    if (!vm->is_spent) {
        lua_settop(vm->thread, 0);
        return true;
    }
    if (vm->thread) { // the spent one may be what takes all memory, and is collected when the new one needs some
        lua_pushnil(vm->main);
        lua_rawsetp(vm->main, LUA_REGISTRYINDEX, &thread_key); // the key is there, so nothing is allocated
    }
    vm->thread = NULL;
    lua_pushcfunction(vm->main, make_thread);
    vm->lua_status = lua_pcall(vm->main, 0, 0, 0);
    bool is_made = vm->lua_status == LUA_OK;
    if (is_made) {
        lua_rawgetp(vm->main, LUA_REGISTRYINDEX, &thread_key);
        vm->thread = lua_tothread(vm->main, -1);
        vm->is_spent = false;
    }
    lua_settop(vm->main, 0);
    return is_made;
}

enum ll_vm_status ll_vm_run(struct ll_vm *vm, int arguments, int *out_results) {
    assert(!running && !vm->is_spent);
    vm->instructions_left = vm->limits.instructions;
    if (vm->is_overdue) { // it was so, and waited before the hook came
        vm->is_overdue = false;
        lua_sethook(vm->thread, count_hook, LUA_MASKCOUNT, HOOK_EVERY);
    }
    running = vm->thread;
    vm->lua_status = lua_resume(vm->thread, NULL, arguments, out_results);
    running = NULL;
    vm->refuses_all = false;
    switch (vm->ending) {
    case LL_VM_GOES_ON:
        break;
    case LL_VM_ENDS_HALTED:
        vm->is_spent = true;
        return LL_VM_HALTED;
    case LL_VM_ENDS_KILLED:
        vm->is_spent = true;
        return LL_VM_FAILED;
    }
    if (vm->lua_status == LUA_OK) return LL_VM_DONE;
    if (vm->lua_status == LUA_YIELD) return LL_VM_WAITS;
    vm->is_spent = true;
    return LL_VM_FAILED;
}

void ll_vm_drop(struct ll_vm *vm) {
    if (!vm->thread) return;
    if (lua_status(vm->thread) != LUA_OK) vm->is_spent = true;
    if (!vm->is_spent) lua_settop(vm->thread, 0);
}

struct ll_vm *ll_vm_of(lua_State *L) {
    struct ll_vm *vm;
    memcpy(&vm, lua_getextraspace(L), sizeof vm);
    return vm;
}

void ll_vm_place(lua_State *L, char out[LL_VM_PLACE_MAX]) {
    lua_Debug at;
    out[0] = '\0';
    for (int level = 0; lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline <= 0) continue;
        snprintf(out, LL_VM_PLACE_MAX, "%s:%d", at.short_src, at.currentline);
        return;
    }
}

void ll_vm_raise(lua_State *L, const char *format, ...) {
    char place[LL_VM_PLACE_MAX], sentence[SENTENCE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    ll_vm_place(L, place);
    lua_pushfstring(L, "%s%s%s", place, *place ? ": " : "", sentence);
    lua_error(L);
    abort(); // lua_error does not return, but is not declared so
}

static int raise_unhandled(lua_State *L) {
    struct ll_vm *vm = ll_vm_of(L);
    vm->refuses_all = true;
    lua_newuserdatauv(L, 1, 0); // raises
    assert(!"memory was given while all is refused");
    return 0;
}

int ll_vm_end(lua_State *L, enum ll_vm_ending ending) {
    struct ll_vm *vm = ll_vm_of(L);
    if (vm->ending == LL_VM_GOES_ON) vm->ending = ending;
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
    if (lua_isyieldable(L)) return lua_yield(L, 0);
    return raise_unhandled(L);
}

// Lua's manual allows this in a signal handler (lua_sethook).
void ll_script_interrupt(void) {
    lua_State *L = running;
    if (!L) return;
    ll_vm_of(L)->is_overdue = true;
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
}

// Safe in a handler that interrupts the loop's thread: lua_getstack and lua_getinfo for "S" and "l" take no lock,
// allocate nothing and call nothing of the script's; they walk the list of calls, whose links are set before a call
// is entered and freed by the collector alone. With a count hook set, Lua saves its position at every instruction, so
// the line is right when the interrupted code is a C library function that the script called, which is the one case
// the instruction limit does not see. Interrupted elsewhere, the line may be one instruction old.
bool ll_script_running_at(char *out, size_t size) {
    lua_State *L = running;
    lua_Debug at;
    if (!L) return false;
    for (int level = 0; lua_getstack(L, level, &at); level++) {
        if (!lua_getinfo(L, "Sl", &at) || at.currentline <= 0) continue;
        snprintf(out, size, "%s:%d", at.short_src, at.currentline);
        return true;
    }
    return false;
}
