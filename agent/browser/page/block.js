// Has WebSockets fail whose URLs the scenario blocks (cdp/block.c): Network.setBlockedURLs leaves those alone. It runs in
// pages and workers alike, only where a scenario blocks anything, before any script of theirs. A blocked one is never
// made: what the page gets looks like a WebSocket and closes with an error, as one does that nobody answers.
(patterns) => {
  "use strict";
  const { EventTarget, Event, CloseEvent, DOMException, Object, Proxy, Reflect, String, URL, WebSocket } = globalThis;
  if (!WebSocket) return;
  const { apply, construct } = Reflect, { defineProperty, setPrototypeOf } = Object;
  const { indexOf } = String.prototype, { addEventListener, dispatchEvent } = EventTarget.prototype;
  const { setTimeout = (...args) => globalThis.setTimeout(...args) } = globalThis; // a worker that is held has none yet
  const lists = patterns.map((pattern) => pattern.split("*"));

  // As ll_pattern_matches has it: the parts stand in the URL, in this order.
  function isBlocked(url) {
    for (let i = 0; i < lists.length; i++) {
      let at = 0;
      for (let k = 0; k < lists[i].length && at >= 0; k++) {
        const found = apply(indexOf, url, [lists[i][k], at]);
        at = found < 0 ? -1 : found + lists[i][k].length;
      }
      if (at >= 0) return true;
    }
    return false;
  }

  // What a WebSocket would be opened to; null for what is none.
  function addressOf(given) {
    try {
      const url = new URL(given, globalThis.document ? document.baseURI : location.href);
      if (url.protocol === "http:") url.protocol = "ws:";
      if (url.protocol === "https:") url.protocol = "wss:";
      return url.protocol === "ws:" || url.protocol === "wss:" ? url.href : null;
    } catch {
      return null;
    }
  }

  function refused(url, prototype) {
    const socket = setPrototypeOf(new EventTarget(), prototype), handlers = { __proto__: null };
    let readyState = 0;
    const own = (name, get, set) => defineProperty(socket, name, { get, set, configurable: true });
    own("url", () => url);
    own("readyState", () => readyState);
    own("bufferedAmount", () => 0);
    own("extensions", () => "");
    own("protocol", () => "");
    defineProperty(socket, "binaryType", { value: "blob", writable: true, configurable: true });
    for (const type of ["open", "message", "error", "close"]) {
      own(`on${type}`, () => handlers[type] ?? null, (handler) => {
        handlers[type] = typeof handler === "function" ? handler : null;
      });
      apply(addEventListener, socket, [type, (event) => handlers[type] && apply(handlers[type], socket, [event])]);
    }
    const method = (name, value) => defineProperty(socket, name, { value, writable: true, configurable: true });
    method("send", () => {
      if (readyState === 0) throw new DOMException("Still in CONNECTING state.", "InvalidStateError");
    });
    method("close", () => {
      if (readyState === 0) readyState = 2;
    });
    setTimeout(() => {
      readyState = 3;
      apply(dispatchEvent, socket, [new Event("error")]);
      apply(dispatchEvent, socket, [new CloseEvent("close", { code: 1006 })]);
    });
    return socket;
  }

  const Guarded = new Proxy(WebSocket, {
    construct(target, args, maker) {
      const url = args.length > 0 ? addressOf(args[0]) : null;
      if (url !== null && isBlocked(url)) return refused(url, maker.prototype);
      return construct(target, args, maker === Guarded ? target : maker);
    },
  });
  defineProperty(WebSocket.prototype, "constructor", { value: Guarded, writable: true, configurable: true });
  defineProperty(globalThis, "WebSocket", { value: Guarded, writable: true, configurable: true });
}
