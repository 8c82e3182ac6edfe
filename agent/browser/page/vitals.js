// Web Vitals (https://web.dev/articles/vitals): what the page's visitor would have felt, by the browser's own record of
// it. One value of each a document, told as it settles and, for good, when the page goes.
//
//   LCP   when the largest image or text so far was shown; what comes after the first click or key, or once the page
//         was hidden, is no candidate, since the visitor has gone on
//   FCP   when the first image or text was shown
//   TTFB  when the first byte of the document arrived, from the start of its navigation, redirects included
//   INP   how long the slowest interaction (click, tap or key) took until the page had shown its effect; of every fifty
//         interactions one is left out, the slowest
//   CLS   the sum of unexpected layout shifts in the worst burst of them: less than 1 s apart, no longer than 5 s
//
// A navigation within the document, LiveView's included, begins nothing anew: all of a document's values are its URL's
// as it was opened.
if (observer.isWanted && !observer.isFrame && window.PerformanceObserver) {
  const { PerformanceObserver, performance, Map, Math } = window;
  const LONGEST = 10, EVENT_MS = 16, PER_INTERACTION = 50;
  const SHIFT_GAP_MS = 1000, BURST_MS = 5000;
  const page = observer.url();
  const values = new Map(); // metric → what it is now, and what was told of it

  let hiddenAt = document.visibilityState === "hidden" ? 0 : Infinity;
  let usedAt = Infinity; // the first click or key
  let burst = { sum: 0, start: 0, end: -Infinity };
  let longest = [];      // interactions {id, ms}, the longest first
  let ids = { min: Infinity, max: 0 };

  function set(metric, value) {
    const known = values.get(metric);
    if (known) known.value = value;
    else values.set(metric, { value, told: null });
    observer.later();
  }

  // An interaction is several events, with one id and in sevens.
  function interactions() {
    if ("interactionCount" in performance) return performance.interactionCount;
    return ids.max ? (ids.max - ids.min) / 7 + 1 : 0;
  }

  function onEvent(entry) {
    const id = entry.interactionId;
    if (!id) return;
    ids = { min: Math.min(ids.min, id), max: Math.max(ids.max, id) };
    const known = longest.find((one) => one.id === id);
    if (known) known.ms = Math.max(known.ms, entry.duration);
    else longest.push({ id, ms: entry.duration });
    longest.sort((a, b) => b.ms - a.ms);
    longest = longest.slice(0, LONGEST);
    const at = Math.min(longest.length - 1, Math.floor(interactions() / PER_INTERACTION));
    set("web_vital_inp_us", longest[at].ms * 1000);
  }

  function onShift(entry) {
    if (entry.hadRecentInput) return;
    const goesOn = entry.startTime - burst.end < SHIFT_GAP_MS && entry.startTime - burst.start < BURST_MS;
    burst = goesOn ? { ...burst, end: entry.startTime, sum: burst.sum + entry.value }
      : { sum: entry.value, start: entry.startTime, end: entry.startTime };
    const known = values.get("web_vital_cls");
    if (!known || burst.sum * 1000 > known.value) set("web_vital_cls", burst.sum * 1000);
  }

  function onPaint(entry) {
    if (entry.name !== "first-contentful-paint" || entry.startTime >= hiddenAt) return;
    set("web_vital_fcp_us", entry.startTime * 1000);
  }

  function onLargest(entry) {
    if (entry.startTime < Math.min(hiddenAt, usedAt)) set("web_vital_lcp_us", entry.startTime * 1000);
  }

  const takes = { "paint": onPaint, "largest-contentful-paint": onLargest, "layout-shift": onShift, "event": onEvent,
    "first-input": onEvent };
  const take = observer.guarded((entries) => entries.forEach((entry) => takes[entry.entryType](entry)));
  const watch = new PerformanceObserver((list) => take(list.getEntries()));
  for (const type of Object.keys(takes))
    observer.guarded(() => watch.observe({ type, buffered: true, durationThreshold: EVENT_MS }))();

  const used = (event) => {
    if (event.isTrusted && usedAt === Infinity) usedAt = event.timeStamp;
  };
  for (const type of ["click", "keydown"]) addEventListener(type, used, { capture: true, once: true, passive: true });
  addEventListener("visibilitychange", (event) => {
    if (document.visibilityState === "hidden") hiddenAt = Math.min(hiddenAt, event.timeStamp);
  }, true);

  observer.lastWords.push(() => {
    take(watch.takeRecords());
    const [navigation] = performance.getEntriesByType("navigation");
    if (navigation && navigation.responseStart > 0 && !values.has("web_vital_ttfb_us"))
      set("web_vital_ttfb_us", navigation.responseStart * 1000);
    if (values.has("web_vital_fcp_us") && !values.has("web_vital_cls")) set("web_vital_cls", 0); // nothing has moved
    for (const [metric, known] of values) {
      if (known.value === known.told || (metric === "web_vital_cls" && !values.has("web_vital_fcp_us"))) continue;
      known.told = known.value;
      observer.add(metric, Math.round(known.value * 100) / 100, page);
    }
  });
}
