// Connects the live pages: Phoenix and LiveView are the globals of clients.js.
"use strict";

const token = document.querySelector("meta[name=csrf-token]").content;
const live = new LiveView.LiveSocket("/live", Phoenix.Socket, {
  params: { _csrf_token: token },
  longPollFallbackMs: Number(new URLSearchParams(location.search).get("fallback")) || undefined,
});
live.connect();
window.liveSocket = live; // as Phoenix's own generator leaves it, for people at the console
