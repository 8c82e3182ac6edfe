// The page of a live view as HTTP gets it, with all that the client needs to join the view afterwards.
#ifndef TOOLS_SHOP_LIVE_PAGE_H
#define TOOLS_SHOP_LIVE_PAGE_H

#include "tools/shop/live_view.h"

// Mounts the view, renders it into a page, and forgets it: as LiveView does, which mounts again when the page joins.
void live_page_answer(const struct live_view *view, struct shop *shop, const struct request *request,
                      struct session *session, struct response *out);

#endif
