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

// A point of the frame's document, on this page. Scaling is followed, rotation is not.
function onPage(element, x, y) {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const inner = (side, size, border, padding, at) =>
    side + (border + (parseFloat(padding) || 0) + at) * (size.whole ? size.shown / size.whole : 1);
  return [
    inner(box.left, { shown: box.width, whole: element.offsetWidth }, element.clientLeft, style.paddingLeft, x),
    inner(box.top, { shown: box.height, whole: element.offsetHeight }, element.clientTop, style.paddingTop, y),
  ];
}

function pointThrough(selector, x, y) {
  const element = find(selector)[0];
  if (!element) return "matches nothing";
  if (!isVisible(element)) return "is not visible";
  if (isMoving(element)) return "is moving";
  let at = onPage(element, x, y);
  if (!isInView(...at) || hitAt(...at) !== element) {
    element.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
    at = onPage(element, x, y);
  }
  if (!isInView(...at)) {
    scrollBy({ left: at[0] - innerWidth / 2, top: at[1] - innerHeight / 2, behavior: "instant" });
    at = onPage(element, x, y);
  }
  if (!isInView(...at)) return "is out of view";
  const hit = hitAt(...at);
  if (hit === element) return ["ok", null, ...at];
  return hit ? `is covered by ${name(hit)}` : "is out of view";
}

liveload.through = (timeout, selector, x, y) => settle(timeout, guardedAttempt(() => pointThrough(selector, x, y)));
