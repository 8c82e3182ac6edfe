// In all pages of these tests, between LiveLoad's script in the page's own world (agent/browser/page/main/) and the page's
// scripts: every property of every global, and of all that is reached from there, which a page can replace, throws when
// LiveLoad's script asks for it. The page's own scripts, and those of the tests, get what was there; so the tests run as
// they are. Array.prototype and Object.prototype have a toJSON besides.
//
// Who asks is the innermost function on the stack that is neither this script's nor the browser's.
if (!Object.hasOwn(window, "__tampered")) {
  Object.defineProperty(window, "__tampered", { value: true });
  const SCRIPT = "liveload-main"; // both scripts are one, of this name
  const { Error } = window, { captureStackTrace } = Error, { apply, defineProperty } = Reflect;
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
    const define = (on, what) => defineProperty(on, key, { value: what, writable: true, enumerable, configurable: true });
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

  // The browser makes its thousand classes when they are first touched, which takes a tenth of a second for all: only
  // where a page asks for it ("?tamper=all") these are not the only ones.
  const CLASSES = new Set(("Object Function Array Number Boolean String Symbol Date Promise RegExp Error AggregateError " +
    "TypeError RangeError SyntaxError ReferenceError EvalError URIError JSON Math Reflect Map Set WeakMap WeakSet WeakRef " +
    "Proxy BigInt Iterator EventTarget Node Element HTMLElement HTMLInputElement Document HTMLDocument Event UIEvent " +
    "MouseEvent CustomEvent Window Performance MutationObserver PerformanceObserver").split(" "));
  const areAll = location.search.includes("tamper=all");
  const asksForJson = new Set([Array.prototype, Object.prototype, Date.prototype]); // of others that is how they say it
  const isLeft = (owner, key) =>
    SPARED.has(key) || (owner === window && /^[0-9]/.test(String(key))) || (key === "toJSON" && !asksForJson.has(owner)) ||
    (owner === window && !areAll && /^[A-Z]/.test(String(key)) && !CLASSES.has(key));

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
  tamperAll(window, "window");
  isAsking = false;
}
//# sourceURL=liveload-main
