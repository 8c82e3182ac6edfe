// LiveView (https://hexdocs.pm/phoenix_live_view), seen from outside its client, which does not know of it. What the
// client shows to pages has been the same from 0.17 to 1.2:
//
//   [data-phx-main]       the main view; [data-phx-session] any view, and a nested one has data-phx-parent-id
//   phx-connected         its class while it is connected; phx-loading, with phx-error when the connection was lost,
//                         while it is not
//   phx:page-loading-…    events of the window, start and stop, with the same detail object: {kind, to}. A kind "error"
//                         is started when the connection is lost and never stopped: it is no load
//   phx:navigate          when the URL has changed: {href, patch, pop}; 0.20 and later
//   phx-click-loading …   the class of an element from an event's push to the server's answer. With it comes the
//                         attribute data-phx-ref-src, and data-phx-ref, or from 1.0 data-phx-ref-loading, which number
//                         the push
//   phx:update            an event of the document, after each patch of the DOM
//
// What it costs pages: those without LiveView two listeners and a query. On the others the attribute data-phx-ref-src is
// observed, and not the class, which every row of a table has and a patch rewrites; an element's class only while it is
// loading. Elements are held weakly.
const liveview = (() => {
  const { Map, Set, WeakMap, WeakRef, Math, Number, history, location, navigation } = window;
  const { now, guarded, tell, url } = observer;
  const LOADS_MAX = 50, PUSHES_MAX = 200, ELEMENTS_MAX = 100; // beyond them nothing is measured; elements: of a push
  const DEBOUNCE_SLACK_MS = 50;

  // --- The connection -----------------------------------------------------------------------------------------------

  const hasView = () => document.querySelector("[data-phx-session], [data-phx-main]") !== null;

  let mainRef = new WeakRef(document);
  let wasConnected = false, lostAt = null;

  function findMain() {
    const known = mainRef.deref();
    if (known && known !== document && known.isConnected) return known;
    const main = document.querySelector("[data-phx-main]") ||
      document.querySelector("[data-phx-session]:not([data-phx-parent-id])");
    if (main) mainRef = new WeakRef(main);
    return main;
  }

  // Phoenix's client (1.7.11 and later) writes into the tab's session storage that its WebSocket came to nothing and that it
  // goes on by long-polling, before its views join; later documents of the tab begin with that.
  let hasFallenBack = false;

  function judgeTransport() {
    if (hasFallenBack) return;
    try {
      hasFallenBack = sessionStorage.getItem("phx:fallback:LongPoll") === "true";
    } catch {
      return; // a page without storage remembers nothing
    }
    if (hasFallenBack) tell("liveview_fallbacks", 1, url());
  }

  function judgeMain() {
    const main = findMain();
    if (!main) return;
    const classes = main.classList;
    if (classes.contains("phx-connected")) {
      if (!wasConnected) tell("liveview_connection_duration_us", (now() - beganAt) * 1000, url());
      if (lostAt !== null) {
        tell("liveview_reconnection_duration_us", (now() - lostAt) * 1000, url());
        tell("liveview_reconnections", 1, url());
      }
      if (!wasConnected || lostAt !== null) judgeTransport();
      wasConnected = true;
      lostAt = null;
    } else if (wasConnected && lostAt === null && classes.contains("phx-error")) {
      lostAt = now();
      tell("liveview_disconnections", 1, url());
      for (const [number, { kind }] of loads) if (kind !== "initial") cancel(number); // their answers will not come
    }
  }

  const mainObserver = new MutationObserver(guarded(judgeMain));
  let observedMain = new WeakRef(document);

  function observeMain() {
    const main = findMain();
    if (main && observedMain.deref() !== main) {
      mainObserver.disconnect();
      mainObserver.observe(main, { attributes: true, attributeFilter: ["class"] });
      observedMain = new WeakRef(main);
    }
    judgeMain();
  }

  // --- Loads and navigations ----------------------------------------------------------------------------------------

  const loads = new Map();             // under way, by their numbers (main/liveview.js), the oldest first: {kind, start}
  let tellsNavigations = false;        // by phx:navigate

  const isNavigation = (kind) => kind === "patch" || kind === "redirect";
  const word = (text) => (/^[a-z][a-z_-]{0,30}$/.test(text) ? text : "other");

  function cancel(number) {
    const { kind } = loads.get(number);
    loads.delete(number);
    tell("liveview_canceled_loads", 1, kind);
  }

  // A navigation takes the place of the one before, which then ends for nobody; so does a join of the main view.
  function onLoadStart(number, kind) {
    activate();
    if (kind === "error") return;
    for (const [other, load] of loads)
      if (load.kind === "initial" ? isNavigation(kind) || kind === "initial" : isNavigation(kind) && isNavigation(load.kind))
        cancel(other);
    if (loads.size >= LOADS_MAX) cancel(loads.keys().next().value);
    loads.set(number, { kind, start: now() });
    if (kind === "redirect") begin(document.querySelectorAll(".phx-click-loading"));
  }

  function onLoadStop(number) {
    observeMain();
    judgePushes();
    const load = loads.get(number);
    if (!load) return;
    loads.delete(number);
    tell("liveview_page_loading_duration_us", (now() - load.start) * 1000, load.kind);
    if (load.kind !== "redirect") return;
    for (const other of loads.keys()) if (other < number) cancel(other); // what was asked of the view that is gone
  }

  // Clients before 0.20 have no phx:navigate. All of them write {type, id} into the state of each entry of the history that
  // they make, and of one that is gone back to they patch what the main view's own patches made and replace all else. A
  // later client announces the same in the same task, so it is told apart after that.
  const place = () => location.pathname + location.search;
  let lastPlace = place();
  const unannounced = []; // kinds of navigations

  function onEntry(event) {
    if (place() === lastPlace) return;
    lastPlace = place();
    const state = history.state, type = state && state.type;
    if (tellsNavigations || (event.navigationType !== "traverse" && !isNavigation(type))) return;
    const isPatch = type === "patch" && (event.navigationType !== "traverse" || state.id === findMain()?.id);
    unannounced.push(isPatch ? "patch" : "redirect");
    setTimeout(guarded(tellUnannounced));
  }

  function tellUnannounced() {
    for (const kind of unannounced.splice(0)) if (!tellsNavigations) tell("liveview_navigations", 1, kind);
  }

  function onNavigate(event) {
    tellsNavigations = true;
    tell("liveview_navigations", 1, event.detail?.patch ? "patch" : "redirect");
  }

  // --- Classes of loading -------------------------------------------------------------------------------------------

  // One for each class that a push has put on elements, on whichever: a form with its fields is one.
  const pushes = new Map();           // its key → {key, cls, number, start, elements}
  const pushesOfElement = new WeakMap(); // element → Map(class → push under way or ended)
  let pushCount = 0;

  const CLASS = /(?:^|\s)(phx-(?:click|submit|change|focus|blur|keydown|keyup)-loading)(?!\S)/g;
  const classesOf = (element) => [...(element.getAttribute("class") || "").matchAll(CLASS)].map((found) => found[1]);

  const classObserver = new MutationObserver(guarded(() => judgePushes()));

  // What the element says of its last push; a link of a live redirect says nothing.
  function numberOf(element) {
    const number = element.getAttribute("data-phx-ref-loading") ?? element.getAttribute("data-phx-ref");
    return number === null ? null : `${number} ${element.getAttribute("data-phx-ref-src")}`;
  }

  const holds = (push, element) => push.elements.some((reference) => reference.deref() === element);

  function pushUnderWay(element, cls) {
    const push = pushesOfElement.get(element)?.get(cls);
    return push && holds(push, element) ? push : undefined;
  }

  // The classes that a push has put on the elements: those that are new on one of them. Where none is, it is the one
  // that they had already, if that is one.
  function classesOfPush(elements) {
    const all = new Set(), fresh = new Set();
    for (const element of elements)
      for (const cls of classesOf(element)) (pushUnderWay(element, cls) ? all : fresh).add(cls);
    return fresh.size > 0 ? fresh : all.size === 1 ? all : new Set();
  }

  // An element shows its last push alone. One that a later push has taken is no sign of the earlier one any more, while
  // other elements show that; where none does, the later one goes on with it, and both are one.
  function handOver(elements, number) {
    const taken = new Set(elements), kept = new Set();
    for (const push of pushes.values()) {
      if (push.number === number || !elements.some((element) => holds(push, element))) continue;
      const left = push.elements.filter((reference) => !taken.has(reference.deref()));
      if (left.length > 0) push.elements = left;
      else kept.add(push);
    }
    return kept;
  }

  function pushOf(cls, number, kept) {
    const key = `${cls} ${number}`;
    let push = pushes.get(key);
    if (push) return push;
    for (const before of kept) if (before.cls === cls) push = before;
    if (push) pushes.delete(push.key);
    else if (pushes.size < PUSHES_MAX) push = { cls, start: now(), elements: [] };
    else return undefined;
    push.key = key;
    push.number = number;
    pushes.set(key, push);
    return push;
  }

  function show(push, element) {
    if (holds(push, element) || push.elements.length >= ELEMENTS_MAX) return;
    push.elements.push(new WeakRef(element));
    let known = pushesOfElement.get(element);
    if (!known) pushesOfElement.set(element, known = new Map());
    known.set(push.cls, push);
    classObserver.observe(element, { attributes: true, attributeFilter: ["class"] });
  }

  // Takes note of what the elements of one push have begun to load.
  function beginPush(number, elements) {
    const classes = classesOfPush(elements), kept = handOver(elements, number);
    for (const cls of classes) {
      const push = pushOf(cls, number, kept);
      if (push) for (const element of elements) if (classesOf(element).includes(cls)) show(push, element);
    }
  }

  function begin(candidates) {
    const byNumber = new Map();
    for (const element of candidates) {
      if (!element.isConnected) continue;
      const number = numberOf(element);
      if (number === null && classesOf(element).every((cls) => pushUnderWay(element, cls))) continue;
      const key = number ?? `unnumbered ${++pushCount}`;
      if (byNumber.has(key)) byNumber.get(key).push(element);
      else byNumber.set(key, [element]);
    }
    for (const [number, elements] of byNumber) beginPush(number, elements);
  }

  // A push has ended when its class is on none of its elements, or none is in the page.
  function judgePushes() {
    if (pushes.size === 0) return;
    for (const [key, push] of pushes) {
      push.elements = push.elements.filter((reference) => {
        const element = reference.deref();
        return element && element.isConnected && element.classList.contains(push.cls);
      });
      if (push.elements.length > 0) continue;
      pushes.delete(key);
      tell("liveview_loading_class_duration_us", (now() - push.start) * 1000, push.cls);
    }
    if (pushes.size === 0) classObserver.disconnect();
  }

  const pushObserver = new MutationObserver(guarded((records) => {
    judgePushes();
    begin(new Set(records.map((record) => record.target)));
  }));

  function onUpdate() {
    judgePushes();
    if (observedMain.deref()?.isConnected !== true) observeMain();
  }

  // --- Being there --------------------------------------------------------------------------------------------------

  let isActive = false;

  function activate() {
    if (!isActive) {
      isActive = true;
      pushObserver.observe(document, { subtree: true, attributes: true, attributeFilter: ["data-phx-ref-src"] });
      addEventListener("phx:navigate", guarded(onNavigate), true);
      navigation.addEventListener("currententrychange", guarded(onEntry));
      document.addEventListener("phx:update", guarded(onUpdate), true);
    }
    observeMain();
  }

  if (observer.isWanted) {
    hear("load", guarded(([isStart, number, kind]) => (isStart ? onLoadStart(number, word(kind)) : onLoadStop(number))));
    const look = guarded(() => hasView() && activate());
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", look, true);
    else look();
    observer.lastWords.push((isLast) => {
      tellUnannounced();
      if (isLast) for (const number of loads.keys()) cancel(number);
    });
  }

  // --- For scenarios ------------------------------------------------------------------------------------------------

  let askedAt = 0, actedAt = -1; // when the call under way began, and the last that does something

  const isLoading = () => document.readyState === "loading";

  function ensure() {
    if (hasView()) return ["ok"];
    return isLoading() ? "the page is still loading" : failed("precondition", "the page is no LiveView page");
  }

  function connected() {
    const main = findMain();
    if (!main) return isLoading() ? "the page is still loading" : "the page is no LiveView page";
    if (main.classList.contains("phx-error")) return "LiveView has lost its connection";
    if (!main.classList.contains("phx-connected")) return "LiveView is not connected";
    for (const { kind } of loads.values())
      if (kind === "initial" || kind === "redirect") return `LiveView is still loading the page (${kind})`;
    return ["ok"];
  }

  // How long the client holds back the element's events, or those of the field in it that was used.
  function debounceOf(element) {
    const used = element.contains(document.activeElement) ? document.activeElement : element;
    return Number(used.getAttribute("phx-debounce") || element.getAttribute("phx-debounce")) || 0;
  }

  // The class is on the element, or on what is around it that listens. It is there as soon as the event that pushes has
  // been handled, which is before an action's end; only an event that is held back pushes later, if it has not since the
  // action.
  function loaded(cls, element) {
    if (!element) return ["ok"]; // what was loading has gone
    const loading = element.closest(`.${cls}`);
    if (loading) return `${name(loading)} still has the class ${cls}`;
    const debounce = actedAt < 0 ? 0 : debounceOf(element);
    if (debounce === 0 || now() >= askedAt + debounce + DEBOUNCE_SLACK_MS) return ["ok"];
    for (let node = element; node; node = node.parentElement)
      if (pushesOfElement.get(node)?.get(cls)?.start >= actedAt) return ["ok"];
    return `${name(element)} holds its event back (phx-debounce)`;
  }

  // Told of each call, before it is done.
  function called(operation) {
    askedAt = now();
    if (!/^(wait_|ensure_|is_|inner_|get_)|^(count|title|url|text_content|input_value|page_content)$/.test(operation))
      actedAt = askedAt;
  }

  operations.ensure_liveview = ensure;
  operations.wait_for_liveview = connected;
  operations.wait_for_phx_loading_completion = ({ selector, text: kind }) =>
    loaded(`phx-${kind}-loading`, find(selector)[0]);

  return { called };
})();
