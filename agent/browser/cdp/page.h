// What connection.h calls a page, one user's: a browser context with its tabs, and the one action that is being done in
// the active tab.
//
// Shared by the files of this folder alone. page.c begins, finishes and cancels actions; target.c has the browser make
// contexts and tabs; tab.c hears what happens in a tab; navigation.c, element.c, pointer.c and keys.c do actions;
// network.c measures.
#ifndef AGENT_BROWSER_CDP_PAGE_H
#define AGENT_BROWSER_CDP_PAGE_H

#include "agent/browser/cdp/auth.h"
#include "agent/browser/cdp/client.h"
#include "agent/browser/cdp/evidence.h"
#include "agent/browser/cdp/input.h"
#include "agent/browser/cdp/quad.h"
#include "agent/browser/cdp/renewal.h"
#include "agent/browser/cdp/storage.h"
#include "agent/browser/cdp/tab.h"
#include "agent/browser/cdp/worker.h"
#include "agent/browser/connection.h"
#include "libcommon/loop/loop.h"

enum {
    LL_ANSWER_GRACE_MS = 1000, // the page keeps the deadline itself; this much later it is taken for stuck
    LL_CDP_PRESS_WORD_MAX = 128,
};

struct ll_cdp_connection;

enum ll_cdp_page_state {
    LL_CDP_PAGE_WAITING, // for a browser
    LL_CDP_PAGE_OPENING, // commands are under way
    LL_CDP_PAGE_OPEN,
    LL_CDP_PAGE_CLOSING, // closed by its user; it goes as parting.h says, or is freed with the answer to its opening
};

// What an action in flight waits for.
enum ll_cdp_waiting {
    LL_CDP_IDLE,
    LL_CDP_WAITS_ANSWER,   // to `call`
    LL_CDP_WAITS_COMMIT,   // of a navigation under way, to do the action in the new document
    LL_CDP_WAITS_LOAD,     // of `loader`
    LL_CDP_WAITS_URL,      // that matches
    LL_CDP_WAITS_STATE,    // of loading
    LL_CDP_WAITS_RESPONSE, // that matches
    LL_CDP_WAITS_DOWNLOAD, // to end
    LL_CDP_WAITS_TAB,      // that opens or closes
    LL_CDP_WAITS_STORAGE,  // to be read or written
    LL_CDP_WAITS_TURN,     // of the loop, to deliver `outcome`
    LL_CDP_WAITS_PAUSE,    // between two inputs
};

enum ll_cdp_dialog_answer { LL_CDP_DIALOG_UNSAID, LL_CDP_DIALOG_ACCEPT, LL_CDP_DIALOG_DISMISS };

struct ll_cdp_dialog { // how those of its tabs are answered
    enum ll_cdp_dialog_answer answer;
    char *text; // for prompts; owned; NULL: what stands there
};

enum { LL_CDP_FRAMES_DEEP = LL_FRAMES_DEEP_MAX, LL_CDP_INPUT_WORD_MAX = 32 };

struct ll_cdp_frame {                                  // where the action in flight is done
    size_t depth;                                      // 0: in the tab's own document
    char documents[LL_CDP_FRAMES_DEEP][LL_CDP_ID_MAX]; // objects of the frames' own worlds, from the outermost
    uint64_t worlds[LL_CDP_FRAMES_DEEP];               // the contexts of ours in there
    char id[LL_CDP_ID_MAX];                            // of the one that is being entered
    double elements[LL_CDP_FRAMES_DEEP];               // their elements in the documents around them: backend node ids
    struct ll_quad quads[LL_CDP_FRAMES_DEEP];          // where they are drawn in the tab's page
    size_t level;                                      // of the frame that is looked at, on the way out
    struct ll_quad_point share;                        // the point to be hit, in the frame that the action is done in
    struct ll_quad_point at;                           // where that is drawn on the page
    uint32_t scrolls;                                  // that documents made for the action, to bring it into view
    char input[LL_CDP_INPUT_WORD_MAX];                 // that is to be sent there
};

struct ll_cdp_press { // of the action in flight, as page/judge.js tells of it
    uint64_t number;  // 0: it does not
    bool is_told;
    char by[LL_CDP_PRESS_WORD_MAX]; // the element that was pressed instead, or ""
};

struct ll_cdp_expectations; // response.c
struct ll_cdp_downloads;    // download.c

struct ll_cdp_page {
    struct ll_page base;
    struct ll_cdp_connection *connection;
    struct ll_page_events events;
    struct ll_context_options options; // own copies of the texts
    struct ll_cdp_page *prev, *next;   // all pages of the connection
    uint64_t number;                   // of the connection's pages, in the order they were asked for

    enum ll_cdp_page_state state;
    char context[LL_CDP_ID_MAX];
    ll_err refusal; // of one of its options
    struct ll_cdp_auth auth;
    struct ll_cdp_storage storage;
    struct ll_cdp_renewal renewal;
    void (*parted)(struct ll_cdp_page *page); // what comes when its tabs have gone; NULL: they do not go
    struct ll_cdp_tab *tabs;                  // by tab.h's prev and next, in the order they were opened
    struct ll_cdp_tab *tab;                   // the one that actions go to; NULL before the page is open
    char created[LL_CDP_ID_MAX];              // the target that the action in flight had made
    uint32_t refused_tabs;                    // windows over the limit
    struct ll_cdp_workers *workers;           // NULL: none yet

    struct ll_cdp_dialog dialog;
    struct ll_cdp_expectations *expectations; // of responses; NULL: none
    struct ll_cdp_downloads *downloads;       // NULL: none
    bool is_resting;                          // nothing was done to it since the iteration's end
    struct ll_cdp_frame frame;

    struct ll_action action;
    enum ll_cdp_waiting waiting;
    void (*after_world)(struct ll_cdp_page *page); // goes on with it once our world in the tab is known
    uint32_t call;                                 // the command whose answer is awaited, or 0
    uint64_t loader;                               // of the navigation awaited
    bool moved_within;                             // by going back or forward: the same document has another URL
    uint32_t reruns;                               // of the action, because its document went away
    bool acted;                                    // its input was sent
    struct ll_cdp_press press;
    double script;       // the number of the scenario's script that goes on in the document; 0: none
    bool awaits_content; // of the document, to run the script in it
    bool confirming;     // its press was made, and the page is asked whether it has come to the element
    struct ll_cdp_input input;
    struct ll_buf dragged; // what the page has put into a drag that is under way, as JSON
    int64_t deadline_us;
    struct ll_timer *timer;
    ll_err outcome;
    struct ll_cdp_evidence *evidence; // a capture under way, or NULL
};

// page.c
struct ll_cdp_page *ll_cdp_page_new(struct ll_cdp_connection *connection, const struct ll_context_options *options,
                                    struct ll_page_events events);
void ll_cdp_page_free(struct ll_cdp_page *page);
// All that belongs to its context goes, for another one to be made; what its user asked for stays.
void ll_cdp_page_reset(struct ll_cdp_page *page);
void ll_cdp_page_perform(struct ll_cdp_page *page, const struct ll_action *action);
// Begins the action, or begins it anew in the tab that is the active one now.
void ll_cdp_page_do(struct ll_cdp_page *page);
void ll_cdp_page_cancel(struct ll_cdp_page *page);
// Cancels, and ends what the page itself still does for it.
void ll_cdp_page_give_up(struct ll_cdp_page *page);
// Ends the action in flight and tells; the caller touches the page no more, since its user may close it. Only in
// callbacks from the loop: inside ops, ll_cdp_page_finish_soon.
void ll_cdp_page_finish(struct ll_cdp_page *page, ll_err err, const ll_json *value);
void ll_cdp_page_finish_soon(struct ll_cdp_page *page, ll_err err);
// Sends a command to the active tab for the action in flight, whose answer the action then awaits.
struct ll_buf *ll_cdp_page_begin(struct ll_cdp_page *page, const char *method);
void ll_cdp_page_end(struct ll_cdp_page *page, ll_cdp_answered *answered);
// Goes on in `then` after so long, unless the action's deadline comes first.
void ll_cdp_page_pause(struct ll_cdp_page *page, uint32_t ms, void (*then)(struct ll_cdp_page *page));
// Sets the timer to when the action in flight is late.
void ll_cdp_page_set_alarm(struct ll_cdp_page *page);
uint32_t ll_cdp_page_remaining_ms(const struct ll_cdp_page *page);
struct ll_cdp_client *ll_cdp_page_client(const struct ll_cdp_page *page);

// target.c: opening answers with ll_cdp_connection_page_opened.
void ll_cdp_target_open(struct ll_cdp_page *page);
// Ends an opening with `outcome`.
void ll_cdp_target_give_up(struct ll_cdp_page *page);
void ll_cdp_target_close(struct ll_cdp_page *page);
// Has a tab's or worker's session tell of its requests.
void ll_cdp_target_measure(struct ll_cdp_page *page, const char *session);
// Begins the command that makes a tab in the page's context; it tells of itself before the answer.
void ll_cdp_target_begin_tab(struct ll_cdp_page *page);
// The browser has a new tab in the page's context, and waits to be let on with it. `info` is Target.TargetInfo.
void ll_cdp_target_attached(struct ll_cdp_page *page, struct ll_slice session, struct ll_slice info);

// tabs.c
size_t ll_cdp_tabs_count(const struct ll_cdp_page *page);
void ll_cdp_new_page(struct ll_cdp_page *page);
void ll_cdp_switch_page(struct ll_cdp_page *page);
void ll_cdp_close_page(struct ll_cdp_page *page);
void ll_cdp_tabs_close_target(struct ll_cdp_tab *tab);
// The iteration is over: the first tab becomes the active one, and the others are closed.
void ll_cdp_tabs_rest(struct ll_cdp_page *page);
// Why the action that waits for a tab is late.
ll_err ll_cdp_tabs_late(const struct ll_cdp_page *page);
// A tab has come or gone: an action in flight may wait for that. As the next two, it may finish the action, and then
// the page may be gone.
void ll_cdp_tabs_changed(struct ll_cdp_page *page);
// It is no target any more; the tab is freed.
void ll_cdp_tabs_closed(struct ll_cdp_tab *tab);
void ll_cdp_tabs_crashed(struct ll_cdp_tab *tab);
// Sets how long an opening may take.
void ll_cdp_target_set_limit(struct ll_cdp_page *page);
// The last step of an opening: puts in what the context starts with.
void ll_cdp_target_store(struct ll_cdp_page *page);

// navigation.c
void ll_cdp_navigate(struct ll_cdp_page *page);
void ll_cdp_reload(struct ll_cdp_page *page);
void ll_cdp_wait_for_url(struct ll_cdp_page *page);
// The action in flight now waits for the document that it leads to. It may finish the action.
void ll_cdp_await_load(struct ll_cdp_page *page);
// Network.loadingFailed; it finishes nothing.
void ll_cdp_navigation_failed(struct ll_cdp_tab *tab, struct ll_slice params);
// May finish the action in flight, and then the page may be gone.
void ll_cdp_navigation_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params);

// frame.c
// Finds the document of the action's frame, and has the action asked there.
void ll_cdp_frame_enter(struct ll_cdp_page *page);
bool ll_cdp_frame_is_entered(const struct ll_cdp_page *page);
// Begins the command that runs an expression in our world of the document at that depth, with an open object of params.
struct ll_buf *ll_cdp_frame_begin(struct ll_cdp_page *page, size_t depth, const char *code, size_t len);
// The same in the own world of the document that was entered.
struct ll_buf *ll_cdp_frame_begin_own(struct ll_cdp_page *page, const char *code, size_t len);
// Sends input to a point of the frame's document, by ll_cdp_element_send. The point is given as shares of its width and
// height.
void ll_cdp_frame_send(struct ll_cdp_page *page, struct ll_slice input, struct ll_quad_point share);
// The action is over.
void ll_cdp_frame_leave(struct ll_cdp_page *page);

// history.c
void ll_cdp_history_go(struct ll_cdp_page *page);
// Whether the action in flight is where it goes.
bool ll_cdp_history_has_come(const struct ll_cdp_page *page);

// loadstate.c
void ll_cdp_load_state_wait(struct ll_cdp_page *page);
// Something that it waits for may have come; it may finish the action, and then the page may be gone.
void ll_cdp_load_state_changed(struct ll_cdp_page *page);
void ll_cdp_load_state_timer(struct ll_cdp_page *page);

// response.c
void ll_cdp_response_expect(struct ll_cdp_page *page);
void ll_cdp_response_wait(struct ll_cdp_page *page);
void ll_cdp_response_timer(struct ll_cdp_page *page);
void ll_cdp_response_reset(struct ll_cdp_page *page);
// One of the page's tabs got a Network.Response, if it is one, to a request of this type. It may finish the action in
// flight, and then the page may be gone.
void ll_cdp_response_came(struct ll_cdp_page *page, struct ll_slice response, struct ll_slice type);

// download.c
#define LL_CDP_DOWNLOADS_FOLDER "downloads" // in the browser's profile
enum {
    LL_CDP_DOWNLOADS_MAX = 8,                      // of one user, that are under way or not asked for yet
    LL_CDP_DOWNLOAD_BYTES_MAX = 100 * 1000 * 1000, // of those of one user that are under way, together
};
// To be sent for each context.
void ll_cdp_download_allow(struct ll_cdp_page *page);
void ll_cdp_download_wait(struct ll_cdp_page *page);
void ll_cdp_download_timer(struct ll_cdp_page *page);
// Cancels those under way, and forgets all.
void ll_cdp_download_reset(struct ll_cdp_page *page);
// Page.downloadWillBegin.
void ll_cdp_download_began(struct ll_cdp_tab *tab, struct ll_slice params);
// Browser.downloadProgress. Removes the file of a download that is over, whosever it was.
void ll_cdp_download_clear_up(const struct ll_cdp_connection *connection, struct ll_slice params);
// The same event; whether the download is the page's. It may finish the action in flight, and then the page may be
// gone.
bool ll_cdp_download_went_on(struct ll_cdp_page *page, struct ll_slice params);

// dialog.c
void ll_cdp_dialog_set(struct ll_cdp_page *page);
void ll_cdp_dialog_reset(struct ll_cdp_page *page);
void ll_cdp_dialog_opening(struct ll_cdp_tab *tab, struct ll_slice params);
// Why a navigation that came to nothing did; NULL: for another reason.
const char *ll_cdp_dialog_why_it_stays(const struct ll_cdp_page *page);

// element.c: everything that is done to or read from elements.
void ll_cdp_element(struct ll_cdp_page *page);
// Asks again what is to be hit, since it may have moved.
void ll_cdp_element_look_again(struct ll_cdp_page *page);
// The question could not be put: the document is gone, say.
void ll_cdp_element_refused(struct ll_cdp_page *page, struct ll_slice error);
// The document is gone before anything was done in it: the question is put again.
void ll_cdp_element_lost(struct ll_cdp_page *page);
void ll_cdp_element_send(struct ll_cdp_page *page, const char *input, double x, double y);
// Ends a reading with its value, as JSON.
void ll_cdp_element_read(struct ll_cdp_page *page, struct ll_slice value);
// Whether asking twice does no more than asking once.
bool ll_cdp_element_can_ask_again(const struct ll_cdp_page *page);
// "NUMBER NAME": what a press has come to.
void ll_cdp_element_pressed(struct ll_cdp_page *page, const char *word);
// Goes on with one that waited for another document.
void ll_cdp_element_resume(struct ll_cdp_page *page);
// The document of its frame is found.
void ll_cdp_element_entered(struct ll_cdp_page *page);

// cookies.c
void ll_cdp_cookies(struct ll_cdp_page *page);
void ll_cdp_put_cookies(struct ll_cdp_page *page);

// connection.c
void ll_cdp_connection_page_opened(struct ll_cdp_page *page, ll_err err);
// A tab's events are found by its session from now on, until it is freed.
void ll_cdp_connection_add_session(struct ll_cdp_connection *connection, struct ll_cdp_tab *tab);
void ll_cdp_connection_remove_session(struct ll_cdp_connection *connection, struct ll_cdp_tab *tab);
// Whether its browser has grown, and is to be started anew once no page needs it.
bool ll_cdp_connection_drains(struct ll_cdp_connection *connection);
// The page has given its context up, and is opened in the next browser.
void ll_cdp_connection_page_waits(struct ll_cdp_page *page);
// Takes the page out of the connection's lists and frees it.
void ll_cdp_connection_page_gone(struct ll_cdp_page *page);
void ll_cdp_connection_page_crashed(struct ll_cdp_page *page);
// It answers nothing more, and no script can be ended.
void ll_cdp_connection_page_hangs(struct ll_cdp_page *page);
void ll_cdp_connection_page_lost(struct ll_cdp_page *page, ll_err why);
void ll_cdp_connection_count_crash(const struct ll_cdp_connection *connection);
struct ll_cdp_client *ll_cdp_connection_client(const struct ll_cdp_connection *connection);
const char *ll_cdp_connection_profile(const struct ll_cdp_connection *connection); // while there is a client
const struct ll_launch *ll_cdp_connection_launch(const struct ll_cdp_connection *connection);
struct ll_cdp_painter *ll_cdp_connection_painter(const struct ll_cdp_connection *connection); // NULL: not needed
struct ll_loop *ll_cdp_connection_loop(const struct ll_cdp_connection *connection);
const struct ll_browser_sink *ll_cdp_connection_sink(const struct ll_cdp_connection *connection);

#endif
