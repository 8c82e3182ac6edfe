// Judging elements: what can be seen, used and hit.

function isVisible(element) {
  if (!element.checkVisibility({ visibilityProperty: true })) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}

const isDisabled = (element) => element.matches(":disabled") || !!element.closest('[aria-disabled="true"]');
const isReadOnly = (element) => !!element.readOnly || element.getAttribute("aria-readonly") === "true";

// For sentences: tag, and an id or class that looks as if all users had it.
function name(element) {
  const tag = element.localName;
  const shared = (text) => text && !/\d/.test(text);
  if (shared(element.id)) return `<${tag} id="${element.id}">`;
  const className = element.classList && element.classList[0];
  return shared(className) ? `<${tag} class="${className}">` : `<${tag}>`;
}

// The properties that change a box, by their names in key frames; those of colour and shape do not.
const MOVES = new RegExp("^(transform|translate|rotate|scale|zoom|offset[A-Z].*|left|right|top|bottom|inset.*|margin.*|" +
  "padding.*|width|height|inlineSize|blockSize|(max|min)(Width|Height|InlineSize|BlockSize)|aspectRatio|flex.*|grid.*|" +
  "(row|column)?[gG]ap|font|font(Size|Stretch|Weight|VariationSettings)|lineHeight|letterSpacing|wordSpacing|" +
  "textIndent|border|border(Top|Right|Bottom|Left|Block|Inline|BlockStart|BlockEnd|InlineStart|InlineEnd)?(Width)?)$");

// Whether it animates such a property, from one value to another: key frames of a shorthand have all its parts.
function moves(animation) {
  if (animation.playState !== "running" || !animation.effect || !animation.effect.getKeyframes) return false;
  const frames = animation.effect.getKeyframes();
  const changes = (property) => frames.length < 2 || frames.some((frame) => frame[property] !== frames[0][property]);
  return frames.some((frame) => Object.keys(frame).some((property) => MOVES.test(property) && changes(property)));
}

// Whether an animation that moves or resizes it runs on the element or on something around it.
const isMoving = (element) => document.getAnimations().some((animation) => {
  const target = animation.effect && animation.effect.target;
  return target && target.contains(element) && moves(animation);
});

const around = (node) => node.assignedSlot || node.parentNode || node.host;

function hitAt(x, y) {
  let hit = document.elementFromPoint(x, y);
  for (let inner; hit && hit.shadowRoot && (inner = hit.shadowRoot.elementFromPoint(x, y)) && inner !== hit;) hit = inner;
  return hit;
}

// A click on a label is one on its control.
function receives(element, hit) {
  for (let node = hit; node; node = around(node)) if (node === element || node.control === element) return true;
  return false;
}

// The middle of the part of the element that is in view, or null.
function middle(element) {
  for (const box of element.getClientRects()) {
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right - left > 0.5 && bottom - top > 0.5) return [(left + right) / 2, (top + bottom) / 2];
  }
  return null;
}

const isHit = (element, point) => point && receives(element, hitAt(point[0], point[1]));

// The answer that asks for this input in the middle of the element, or what is in the way.
const point = (input) => (element) => {
  if (isMoving(element)) return "is moving";
  let at = middle(element);
  if (!isHit(element, at)) {
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    at = middle(element);
  }
  if (!at) return "is out of view";
  if (isHit(element, at)) return ["ok", null, input, Math.round(at[0] * 100) / 100, Math.round(at[1] * 100) / 100];
  const hit = hitAt(at[0], at[1]);
  return hit ? `is covered by ${name(hit)}` : "is out of view";
};

// The one element an action is for, handed to `then` once it is visible and enabled.
const only = (then) => (selector, text) => {
  const found = find(selector);
  if (found.length === 0) return "matches nothing";
  if (found.length > 1) return failed("precondition", `matches several elements, and an action needs one (${found.length} match)`);
  if (!isVisible(found[0])) return "is not visible";
  if (isDisabled(found[0])) return "is disabled";
  return then(found[0], text);
};

// The first element a reading is for, once it is there.
const first = (then) => (selector, text) => {
  const element = find(selector)[0];
  return element ? then(element, text) : "matches nothing";
};

const reading = (value) =>
  typeof value === "string" && value.length > READING_MAX ? failed("limit", "the text is over 4 MB") : ["ok", value];
