// What a page is seen to do by itself, told to LiveLoad: the channel that vitals.js and liveview.js tell it through.
//
// What there is to tell is gathered and sent as one text: at once when the last text is a while ago, so that nothing is
// lost with a tab that is closed soon, and otherwise when GAP_MS have passed; what changes often and counts only in the
// end (the vitals) waits longer, and all goes when the page does (pagehide). The text is lines: the document's number (0
// in a frame, which belongs to its page's document), whether it is its last, and how often the observer failed in it and
// had no room, and then
//     METRIC VALUE LABEL
// for each sample or count. Beside that goes a word about a press (judge.js). cdp/observer.c reads it all, and trusts none
// of it.
//
// It goes through a function that the browser provides to this world alone (Runtime.addBinding), which does not come before
// the document but soon after it: it is taken as it is set. Nothing in here may disturb the page: what throws is caught
// and counted.
const observer = (() => {
  const { performance, queueMicrotask, Math } = window;
  const LINES_MAX = 100, GAP_MS = 100, SETTLE_MS = 250;
  const isFrame = window !== window.top;
  const number = isFrame ? 0 : Math.round(performance.timeOrigin * 1000);

  // The browser's function, once it is there; in a frame that may have been before this was started.
  let send = isFrame && Object.hasOwn(window, "__liveload_heard") ? window.__liveload_heard : null;
  let lines = [];
  let failures = 0, dropped = 0;
  let sentAt = -GAP_MS;
  let isDue = false, isSending = false, isOver = false, timer = 0;
  const lastWords = []; // what adds its lines when a text is sent: (isLast) => nothing

  const now = () => performance.now();

  const guarded = (what) => (...args) => {
    try {
      return what(...args);
    } catch {
      failures++;
      return undefined;
    }
  };

  // What there is to tell, once; "" when there is nothing.
  function words(isLast) {
    isSending = true;
    for (const say of lastWords) guarded(say)(isLast);
    isSending = false;
    if (lines.length === 0) return "";
    const text = `${number} ${isLast ? 1 : 0} ${failures} ${dropped}\n${lines.join("\n")}`;
    lines = [];
    failures = dropped = 0;
    return text;
  }

  const flush = guarded(() => {
    isDue = false;
    clearTimeout(timer);
    timer = 0;
    if (!send || isOver) return;
    const text = words(false);
    if (!text) return;
    sentAt = now();
    send(text);
  });

  // What a page does after that, it does because it goes.
  const finish = guarded(() => {
    if (isOver) return "";
    const text = words(true);
    isOver = true;
    return text;
  });

  // In a moment: what else happens in this task goes along.
  function soon() {
    if (isDue) return;
    isDue = true;
    const wait = sentAt + GAP_MS - now();
    clearTimeout(timer);
    timer = 0;
    if (wait <= 0) queueMicrotask(flush);
    else timer = setTimeout(flush, wait);
  }

  // What changes until it has settled.
  function later() {
    if (!isDue && !isSending && !timer) timer = setTimeout(flush, SETTLE_MS);
  }

  function add(metric, value, label) {
    if (lines.length < LINES_MAX) lines.push(`${metric} ${value} ${label}`);
    else dropped++;
  }

  // A duration goes as microseconds.
  function tell(metric, value, label) {
    add(metric, Math.round(value), label);
    soon();
  }

  // A word about an operation, at once. Whether it would be heard can be asked before; in a frame LiveLoad asks.
  const isHeard = () => send !== null && !isOver && !isFrame;
  const say = guarded((word) => send(word));

  // Another one each time, in other documents too.
  const newNumber = () => Math.round((performance.timeOrigin + now()) * 1000);

  // The page's URL, without query and fragment.
  const url = () => location.origin + location.pathname;

  // Elsewhere, on about:blank say, there is nothing to see.
  const isWanted = /^https?:$/.test(location.protocol);

  // Setting it is a call from outside, in which the function does not work yet. The word tells in which context this is.
  Object.defineProperty(window, "__liveload_heard", {
    set(told) {
      if (send) return; // it is set again for the sake of a frame
      send = told;
      if (!isFrame) queueMicrotask(guarded(() => send("here")));
      if (lines.length || isWanted) queueMicrotask(lines.length ? flush : later);
    },
  });
  if (isWanted) addEventListener("pagehide", guarded(() => {
    const text = finish();
    if (text && send) send(text);
  }), true);

  return { now, guarded, tell, isHeard, say, newNumber, add, later, flush, finish, url, isFrame, isWanted, lastWords };
})();
