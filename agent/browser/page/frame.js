// What is done in frames: a frame's element, for whoever then asks its document, and a point in a frame as one of this
// page. Each frame's own document is asked as a page is.

function frameElement(selector) {
  const found = find(selector);
  if (found.length === 0) return "matches nothing";
  if (found.length > 1) return failed("precondition", `matches several elements (${found.length} match)`);
  return /^i?frame$/.test(found[0].localName) ? ["ok"] : failed("precondition", `is ${name(found[0])}, not a frame`);
}

const guardedAttempt = (what) => () => {
  try {
    return what();
  } catch (error) {
    return failed("invalid", error.message);
  }
};

// The element, or a text: why there is none, with a word before it.
liveload.frame = async (timeout, selector) => {
  const answer = await settle(timeout, guardedAttempt(() => frameElement(selector)));
  return answer[0] === "ok" || answer[0] === "came" ? find(selector)[0] : answer.join(" ");
};

// Scrolls until a point of this page, which is the element's, is in view or beside what covers it. Whether that moved it.
function scrollPoint(element, block, x, y) {
  const before = element.getBoundingClientRect();
  scrollTo(element, block, { x: x - before.left, y: y - before.top });
  const after = element.getBoundingClientRect();
  return after.left !== before.left || after.top !== before.top;
}

// Whether the frame is hit at the point. After "scrolled" the point must be found again; `scrolls` is how often that was.
// No point: it was not drawn.
const SCROLLS = ["center", "end", "start", "center"];
function pointThrough(selector, scrolls, x, y) {
  const element = find(selector)[0];
  if (!element) return "matches nothing";
  if (!isVisible(element)) return "is not visible";
  if (isMoving(element)) return "is moving";
  if (x === undefined) return scrolls < SCROLLS.length ? ["scrolled"] : "is not drawn";
  const hit = isInView(x, y) ? hitAt(x, y) : null;
  if (hit === element) return ["ok"];
  if (scrolls < SCROLLS.length && scrollPoint(element, SCROLLS[scrolls], x, y)) return ["scrolled"];
  return hit ? `is covered by ${name(hit)}` : "is out of view";
}

liveload.through = (timeout, selector, scrolls, x, y, areShares) =>
  settle(timeout, guardedAttempt(() =>
    areShares ? pointThrough(selector, scrolls, x * innerWidth, y * innerHeight) : pointThrough(selector, scrolls, x, y)));
