// What alert, confirm, prompt and beforeunload are answered: what the scenario has said last in this iteration. As long
// as it has said nothing, they are dismissed; only "leave this page?" is agreed to, since the scenario does leave.
#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_ACCEPT, WORD_DISMISS }; // the words' places in operations.def

void ll_cdp_dialog_reset(struct ll_cdp_page *page) {
    free(page->dialog.text);
    page->dialog = (struct ll_cdp_dialog){.answer = LL_CDP_DIALOG_UNSAID};
}

void ll_cdp_dialog_set(struct ll_cdp_page *page) {
    ll_cdp_dialog_reset(page);
    page->dialog.answer = page->action.word == WORD_ACCEPT ? LL_CDP_DIALOG_ACCEPT : LL_CDP_DIALOG_DISMISS;
    page->dialog.text = page->action.text ? ll_strdup(page->action.text) : NULL;
    ll_cdp_page_finish_soon(page, LL_SUCCESS);
}

// No document comes after all, and Chromium says nothing of it. navigate is answered.
static void stay(struct ll_cdp_tab *tab) {
    struct ll_cdp_page *page = tab->page;
    tab->navigating = false;
    tab->was_kept_once = true;
    if (page->tab != tab) return;
    if (page->waiting == LL_CDP_WAITS_COMMIT)
        ll_cdp_element_resume(page);
    else if (page->waiting == LL_CDP_WAITS_LOAD)
        ll_cdp_page_finish(page, ll_err_make(LL_FAILED_PRECONDITION, "%s", ll_cdp_dialog_why_it_stays(page)), NULL);
}

void ll_cdp_dialog_opening(struct ll_cdp_tab *tab, struct ll_slice params) {
    static const char *const keys[] = {"type", "defaultPrompt"};
    const struct ll_cdp_dialog *dialog = &tab->page->dialog;
    struct ll_slice values[2];
    ll_scan_members(params, keys, values, 2);
    bool is_leaving = ll_scan_is_string(values[0], "beforeunload");
    bool accepts = dialog->answer == LL_CDP_DIALOG_ACCEPT || (is_leaving && dialog->answer == LL_CDP_DIALOG_UNSAID);
    struct ll_cdp_client *client = ll_cdp_page_client(tab->page);
    struct ll_buf *out = ll_cdp_begin(client, tab->session, "Page.handleJavaScriptDialog");
    ll_buf_printf(out, "{\"accept\":%s", accepts ? "true" : "false");
    if (accepts && dialog->text) {
        ll_buf_text(out, ",\"promptText\":");
        ll_json_quote(out, dialog->text, strlen(dialog->text));
    } else if (accepts && values[1].len) { // what stands in the field when a person agrees
        ll_buf_printf(out, ",\"promptText\":%.*s", (int)values[1].len, values[1].at);
    }
    ll_buf_text(out, "}");
    ll_cdp_end(client, NULL, NULL);
    if (!is_leaving) return;
    tab->was_kept = !accepts;
    if (tab->was_kept) stay(tab);
}

// Of that Chromium says that the navigation broke off, or nothing at all. NULL where nobody has been asked since the
// action began.
const char *ll_cdp_dialog_why_it_stays(const struct ll_cdp_page *page) {
    bool may_stay = page->tab->was_kept && page->dialog.answer == LL_CDP_DIALOG_DISMISS;
    return may_stay ? "the page asked whether to leave it, and ctx:on_dialog(\"dismiss\") has it stay" : NULL;
}
