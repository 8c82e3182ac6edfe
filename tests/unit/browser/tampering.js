// In all pages of these tests, between LiveLoad's scripts in the page's own world (agent/browser/page/main/ and block.js)
// and the page's scripts, and in workers, behind block.js where a scenario blocks anything: what a page can replace of the
// globals throws when LiveLoad's scripts ask for it. These are all functions and values of the window, and of the browser's
// classes and namespaces those in CLASSES, which are what our scripts can meet; with "?tamper=all" in a page's URL, and in
// workers, all. With each of them goes all that is reached from it. The page's own scripts, and those of the tests, get
// what was there; so the tests run as they are. Array.prototype and Object.prototype have a toJSON besides.
//
// Who asks is the innermost function on the stack that is neither this script's nor the browser's.
if (!Object.hasOwn(globalThis, "__tampered")) {
  const scope = globalThis;
  Object.defineProperty(scope, "__tampered", { value: true });
  const SCRIPT = "liveload-main"; // in a page also this script; and block.js in these tests
  const { Error } = scope, { captureStackTrace } = Error, { apply, defineProperty } = Reflect;
  let isAsking = true; // until all is done

  const takeSites = (error, sites) => sites;
  function check(accessor, name) {
    if (isAsking) return;
    isAsking = true;
    const { stackTraceLimit, prepareStackTrace } = Error, held = {};
    Error.stackTraceLimit = 8;
    Error.prepareStackTrace = takeSites;
    captureStackTrace(held, accessor);
    const sites = held.stack;
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
    let isOurs = false;
    for (let i = 0; i < sites.length; i++) {
      const script = sites[i].getScriptNameOrSourceURL();
      if (!script && !sites[i].isEval()) continue; // the browser's
      isOurs = script === SCRIPT;
      break;
    }
    isAsking = false;
    if (isOurs) throw new Error(`LiveLoad's script looks up ${name}`);
  }

  const seen = new Set();
  function tamper(owner, key, descriptor, name) {
    const { get, set, value, writable, enumerable } = descriptor;
    const define = (on, what) =>
      defineProperty(on, key, { __proto__: null, value: what, writable: true, enumerable, configurable: true });
    const accessor = {
      get() {
        check(accessor.get, name);
        return get ? apply(get, this, []) : "value" in descriptor ? value : undefined;
      },
      set(what) {
        if (set) apply(set, this, [what]);
        else if (writable && (typeof this === "object" || typeof this === "function")) define(this ?? owner, what);
      },
      enumerable,
      configurable: true,
    };
    defineProperty(owner, key, accessor);
  }

  // Not these: the browser calls them by itself, this script needs them, or they are other windows, which have their own.
  const SPARED = new Set(["stackTraceLimit", "prepareStackTrace", "__liveload", "__tampered", "window", "self", "globalThis",
    "parent", "top", "opener", "frames", "frameElement"]);

  // The browser makes its thousand classes when they are first touched, which takes a tenth of a second for all: in a
  // page that does not ask for them, these. What block.js uses, and what scripts of scenarios give or throw, is among them.
  const CLASSES = new Set(("Object Function Array Number Boolean String Symbol Date Promise RegExp Error AggregateError " +
    "TypeError RangeError SyntaxError ReferenceError EvalError URIError JSON Math Reflect Map Set WeakMap WeakSet WeakRef " +
    "Proxy BigInt Iterator ArrayBuffer DataView Uint8Array EventTarget Node Element HTMLElement HTMLInputElement Document " +
    "HTMLDocument Event UIEvent MouseEvent CustomEvent CloseEvent MessageEvent Window Location Performance " +
    "PerformanceEntry MutationObserver PerformanceObserver MessageChannel MessagePort WebSocket URL URLSearchParams " +
    "DOMException DOMRect DOMRectReadOnly NodeList HTMLCollection").split(" "));
  const isPage = !!scope.document; // a worker is held, has no location yet, and few classes
  const areAll = !isPage || location.search.includes("tamper=all");
  const asksForJson = new Set([Array.prototype, Object.prototype, Date.prototype]); // of others that is how they say it
  const isLeft = (owner, key) =>
    SPARED.has(key) || (owner === scope && /^[0-9]/.test(String(key))) || (key === "toJSON" && !asksForJson.has(owner)) ||
    (owner === scope && !areAll && /^[A-Z]/.test(String(key)) && !CLASSES.has(key));

  function tamperAll(owner, path) {
    if (seen.has(owner)) return;
    seen.add(owner);
    for (const key of Reflect.ownKeys(owner)) {
      if (isLeft(owner, key)) continue;
      const descriptor = Reflect.getOwnPropertyDescriptor(owner, key), name = `${path}.${String(key)}`;
      const { value } = descriptor;
      if ((typeof value === "object" && value !== null) || typeof value === "function") tamperAll(value, name);
      if (descriptor.configurable) tamper(owner, key, descriptor, name);
    }
    const above = Reflect.getPrototypeOf(owner);
    if (above) tamperAll(above, `${path}.__proto__`);
  }

  for (const prototype of [Object.prototype, Array.prototype])
    defineProperty(prototype, "toJSON", { value: undefined, writable: true, configurable: true });
  tamperAll(scope, "globalThis");
  const iterators = [[][Symbol.iterator](), ""[Symbol.iterator](), new Map().entries(), new Set().entries()];
  for (const iterator of iterators) tamperAll(Reflect.getPrototypeOf(iterator), "iterator");
  isAsking = false;
}
//# sourceURL=liveload-main
