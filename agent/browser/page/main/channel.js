// What LiveLoad has in the page's own world: the scripts of scenarios, which are the page's as its own ones are, and the
// identity of objects that the page's events carry, which no other world sees.
//
// The page may replace and shadow every global that is used here. So all of them are taken now, before any of its
// scripts runs, and nothing is looked up later: no method of an object or text, no iteration, no spreading, no
// destructuring of lists, no regular expression, no await. tests/unit/browser/tampering.js finds what is.
//
// It speaks with the script of LiveLoad's world (../begin.js) by events on an object that both know and no script of the
// page. The page's world shows one property, __liveload, that cannot be enumerated, replaced or deleted: Runtime.evaluate
// has no other way to come in here. Each document runs this, so it also takes as few of the browser's classes as it can,
// which the browser makes when they are first touched.
if (window.__liveload) return;

const { apply, getOwnPropertyDescriptor, getPrototypeOf, defineProperty, deleteProperty, isExtensible } = Reflect;
const { CustomEvent, Function, eval: run } = window;
const { addEventListener, dispatchEvent } = EventTarget.prototype;
const getterOf = (prototype, name) => getOwnPropertyDescriptor(prototype, name).get;
const getDetail = getterOf(CustomEvent.prototype, "detail");

const port = new EventTarget();

const hear = (type, then) => apply(addEventListener, port, [type, (event) => then(apply(getDetail, event, []))]);
const tell = (type, detail) => apply(dispatchEvent, port, [new CustomEvent(type, { __proto__: null, detail })]);

dispatchEvent(new MouseEvent("liveload", { relatedTarget: port }));
