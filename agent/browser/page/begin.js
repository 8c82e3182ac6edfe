// What LiveLoad puts into each page: it finds elements, waits until something can be done with them, does it or asks
// for real input, and reads them. The build joins the files of this folder, in the order of CMakeLists.txt, into one
// strict function.
//
// One call per operation, from Runtime.evaluate: __liveload(operation, timeout, selector, text, argument, options), as
// operations.def and options.def have them; a second selector comes as the text. It answers with an array, at once or
// as a promise: ["ok", value], or ["ok", null, input, x, y] when real input is to be sent, or with "came" for "ok" when
// it had to wait, or ["missed", by what] when the press that it asked for has not come to the element, or [why it failed,
// a sentence]. Waiting happens here, on the page's own events, with the deadline
// kept here too: nothing outside asks again and again. It lives in the page's own world, so it keeps its own references
// to what pages like to replace, and it changes nothing that a page can see but one property that no enumeration shows.
// Frames within a page are only driven when a scenario goes into one, which declares this.
if ((window !== window.top && typeof liveloadFrame === "undefined") || window.__liveload) return;

const { MutationObserver, Promise, setTimeout, clearTimeout, setInterval, clearInterval } = window;

const failed = (status, why) => [status, why];
