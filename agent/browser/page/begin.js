// What LiveLoad puts into each document: it finds elements, waits until something can be done with them, does it or asks
// for real input, reads them, and measures. It lives in a JavaScript world of its own, which sees the document and none
// of what the page's scripts have made of their globals, so what is used here is what the browser has. What has to be in
// the page's own world is in main/. The build joins the files of this folder, in the order of CMakeLists.txt.
//
// One call per operation, from Runtime.evaluate: __liveload(operation, timeout, selector, text, argument, options), as
// operations.def and options.def have them; a second selector comes as the text. It answers with an array, at once or
// as a promise: ["ok", value], or ["ok", null, input, x, y] when real input is to be sent, or with "came" for "ok" when
// it had to wait, or ["missed", by what] when the press that it asked for has not come to the element, or [why it failed,
// a sentence]. Waiting happens here, on the page's own events, with the deadline kept here too: nothing outside asks again
// and again.
if (Object.hasOwn(window, "__liveload")) return;

const failed = (status, why) => [status, why];

// What is heard from the script in the page's own world: events on an object that it hands over before any script of
// the page runs, and that no page can find (main/channel.js). What they carry is a copy in each world.
let port = null;
const takers = {}; // by an event's type
const hear = (type, take) => (takers[type] = take);
addEventListener("liveload", (event) => {
  port = event.relatedTarget;
  for (const type of ["called", "answer", "settled", "load"])
    port.addEventListener(type, (told) => takers[type] && takers[type](told.detail));
}, { capture: true, once: true });

// Asks the other script of a scenario's script, by its number. Null where scripts are off: nobody hears it.
let told = null;
hear("answer", (answer) => (told = answer));
function askMain(number) {
  told = null;
  port.dispatchEvent(new CustomEvent("ask", { detail: number }));
  return told;
}

// Frames are driven when a scenario goes into one, and measured when they show a LiveView: the first of either starts it
// there. What it costs other frames are these listeners and a query.
const beganAt = performance.now();
function begin(start) {
  if (window === window.top) {
    start();
    return;
  }
  let isStarted = false;
  const startOnce = () => {
    if (isStarted) return;
    isStarted = true;
    start();
  };
  Object.defineProperty(window, "__liveload", {
    configurable: true,
    get() {
      startOnce();
      return window.__liveload;
    },
  });
  if (!/^https?:$/.test(location.protocol)) return;
  hear("load", (load) => {
    startOnce();
    takers.load(load); // liveview.js has taken its place
  });
  addEventListener("DOMContentLoaded", () => {
    if (document.querySelector("[data-phx-session], [data-phx-main]")) startOnce();
  }, { capture: true, once: true });
}
