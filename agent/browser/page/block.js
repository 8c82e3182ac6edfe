// Has WebSockets fail whose URLs the scenario blocks (cdp/block.c): Network.setBlockedURLs leaves those alone. It runs in
// pages and workers alike, only where a scenario blocks anything, before any script of theirs. A blocked one is never
// made: what the page gets looks like a WebSocket and closes with an error, as one does that nobody answers.
//
// The page may replace every global that is used here, so all of them are taken now and nothing is looked up later, as in
// main/ (main/channel.js says how). A worker is held while this runs: it has no location to be asked yet, and no timers.
(patterns) => {
  "use strict";
  const { EventTarget, Event, CloseEvent, DOMException, MessageChannel, MessagePort, Proxy, URL, WebSocket } = globalThis;
  if (!WebSocket) return;
  const { apply, construct, defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Reflect;
  const { indexOf } = String.prototype, { addEventListener, dispatchEvent } = EventTarget.prototype;
  const { postMessage, close } = MessagePort.prototype;
  const accessorOf = ({ prototype }, name) => getOwnPropertyDescriptor(prototype, name);
  const { get: getProtocol, set: setProtocol } = accessorOf(URL, "protocol"), { get: getHref } = accessorOf(URL, "href");
  const { get: getFirst } = accessorOf(MessageChannel, "port1"), { get: getSecond } = accessorOf(MessageChannel, "port2");
  const { set: setListener } = accessorOf(MessagePort, "onmessage");
  const scope = globalThis, isPage = !!scope.document;
  const { get: getBase } = isPage ? accessorOf(Node, "baseURI") : accessorOf(WorkerLocation, "href");
  const { get: getPlace } = isPage ? getOwnPropertyDescriptor(scope, "document") : accessorOf(WorkerGlobalScope, "location");
  const lists = patterns.map((pattern) => pattern.split("*"));

  const define = (on, name, value) =>
    defineProperty(on, name, { __proto__: null, value, writable: true, configurable: true });

  // In a task of its own.
  function later(then) {
    const channel = new MessageChannel(), port = apply(getFirst, channel, []);
    const listener = () => {
      apply(close, port, []);
      then();
    };
    apply(setListener, port, [listener]);
    apply(postMessage, apply(getSecond, channel, []), [null]);
  }

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
  function addressOf(text) {
    const base = apply(getBase, apply(getPlace, scope, []), []);
    let url = null;
    try {
      url = new URL(text, base);
    } catch {
      return null;
    }
    const given = apply(getProtocol, url, []);
    if (given === "http:") apply(setProtocol, url, ["ws:"]);
    if (given === "https:") apply(setProtocol, url, ["wss:"]);
    const protocol = apply(getProtocol, url, []);
    return protocol === "ws:" || protocol === "wss:" ? apply(getHref, url, []) : null;
  }

  function refused(url, prototype) {
    const socket = new EventTarget(), handlers = { __proto__: null };
    setPrototypeOf(socket, prototype);
    let readyState = 0;
    const own = (name, get, set) => defineProperty(socket, name, { __proto__: null, get, set, configurable: true });
    const hear = (type) => {
      const set = (handler) => {
        handlers[type] = typeof handler === "function" ? handler : null;
      };
      own(`on${type}`, () => handlers[type] ?? null, set);
      apply(addEventListener, socket, [type, (event) => handlers[type] && apply(handlers[type], socket, [event])]);
    };
    own("url", () => url);
    own("readyState", () => readyState);
    own("bufferedAmount", () => 0);
    own("extensions", () => "");
    own("protocol", () => "");
    define(socket, "binaryType", "blob");
    hear("open");
    hear("message");
    hear("error");
    hear("close");
    define(socket, "send", () => {
      if (readyState === 0) throw new DOMException("Still in CONNECTING state.", "InvalidStateError");
    });
    define(socket, "close", () => {
      if (readyState === 0) readyState = 2;
    });
    later(() => {
      readyState = 3;
      apply(dispatchEvent, socket, [new Event("error")]);
      apply(dispatchEvent, socket, [new CloseEvent("close", { __proto__: null, code: 1006 })]);
    });
    return socket;
  }

  const Guarded = new Proxy(WebSocket, {
    __proto__: null,
    construct(target, args, maker) {
      if (args.length > 0) {
        args[0] = `${args[0]}`; // once: an object may have another text the next time
        const url = addressOf(args[0]);
        if (url !== null && isBlocked(url)) return refused(url, maker.prototype);
      }
      return construct(target, args, maker === Guarded ? target : maker);
    },
  });
  define(WebSocket.prototype, "constructor", Guarded);
  define(scope, "WebSocket", Guarded);
}
