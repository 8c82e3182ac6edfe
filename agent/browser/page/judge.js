// Judging elements: what can be seen, used and hit.

const around = (node) => node.assignedSlot || node.parentNode || node.host;

// What is drawn inside: of a component its shadow root, of a slot what was put into it.
function inside(element) {
  const slotted = element.localName === "slot" ? element.assignedNodes() : [];
  return slotted.length ? slotted : (element.shadowRoot || element).childNodes;
}

// Elements with display:contents have no box, but what is in them has.
const isBoxless = (element) => getComputedStyle(element).display === "contents";

function textBoxes(text) {
  const range = document.createRange();
  range.selectNode(text);
  return [...range.getClientRects()];
}

const isLarge = (box) => box.width > 0 && box.height > 0;

// Whether this box draws what is in it: a closed <details> draws its summary alone.
const drawsInside = (element, part) => getComputedStyle(element).contentVisibility !== "hidden" &&
  (element.localName !== "details" || element.open || part.localName === "summary");

function isTextVisible(text) {
  if (!text.data.trim()) return false;
  let part = text, element = around(text);
  if (element.nodeType === 1 && getComputedStyle(element).visibility !== "visible") return false;
  while (element && (element.nodeType !== 1 || isBoxless(element))) [part, element] = [element, around(element)];
  return !!element && element.checkVisibility() && drawsInside(element, part) && textBoxes(text).some(isLarge);
}

const isNodeVisible = (node) => node.nodeType === 1 ? isVisible(node) : node.nodeType === 3 && isTextVisible(node);

function isVisible(element) {
  if (element.checkVisibility({ visibilityProperty: true })) return isLarge(element.getBoundingClientRect());
  return isBoxless(element) && [...inside(element)].some(isNodeVisible);
}

// The boxes that it is drawn in; without one of its own, those of what is in it.
function boxes(element) {
  const own = [...element.getClientRects()];
  if (own.length || !isBoxless(element)) return own;
  return [...inside(element)].filter(isNodeVisible).flatMap((node) => node.nodeType === 1 ? boxes(node) : textBoxes(node));
}

const CONTROL_TAGS = /^(a|area|button|input|option|select|summary|textarea)$/;
const CONTROL_ROLES = /^(button|checkbox|link|menuitem(checkbox|radio)?|option|radio|switch|tab|treeitem)$/;
const isControl = (element) => CONTROL_TAGS.test(element.localName) || CONTROL_ROLES.test(saidRole(element));

// What a press on the element acts on: the closest control that it is or stands in, as the page is drawn, through slots,
// or its label's. A component stands where it shows its own text. Null for a dialog, a row and whatever else only holds
// things, since there a press is for what it hits.
function controlOf(element) {
  const text = element.shadowRoot && [...element.childNodes].find((node) => node.nodeType === 3 && node.data.trim());
  for (let node = (text && text.assignedSlot) || element; node; node = around(node)) {
    if (node.nodeType !== 1) continue;
    if (isControl(node)) return node;
    if (node.localName === "label" && node.control) return node.control;
  }
  return null;
}

// aria-disabled holds for what is inside too, until that says otherwise, and only where there is something to disable.
const ARIA_DISABLES = new RegExp("^(application|button|checkbox|columnheader|combobox|grid|gridcell|group|link|listbox|menu|" +
  "menubar|menuitem|menuitemcheckbox|menuitemradio|option|radio|radiogroup|row|rowheader|scrollbar|searchbox|separator|" +
  "slider|spinbutton|switch|tab|tablist|textbox|toolbar|tree|treegrid|treeitem)$");
function saysDisabled(element) {
  for (let node = element; node; node = around(node)) {
    const said = node.nodeType === 1 ? node.getAttribute("aria-disabled") : null;
    if (said === "true") return isControl(element) || ARIA_DISABLES.test(roleOf(element));
    if (said === "false") return false;
  }
  return false;
}

const isDisabled = (element) => element.matches(":disabled") || saysDisabled(element);

// Why a press on the element does nothing, or null.
function whyDisabled(element) {
  if (isDisabled(element)) return "is disabled";
  const control = controlOf(element);
  return control && isDisabled(control) ? `belongs to ${name(control)}, which is disabled` : null;
}

const isReadOnly = (element) => !!element.readOnly || element.getAttribute("aria-readonly") === "true";

// For sentences, as CSS would have it: the tag, and an id or class that looks as if all users had it.
function name(element) {
  const shared = (text) => text && !/\d/.test(text);
  const id = element.getAttribute("id"); // a form may have a field named "id"
  if (shared(id)) return `${element.localName}#${id}`;
  const className = element.classList && element.classList[0];
  return shared(className) ? `${element.localName}.${className}` : element.localName;
}

// "button#add, a.more, …"
function names(elements) {
  const shown = [...new Set(elements.map(name))];
  return shown.length > 3 ? `${shown.slice(0, 3).join(", ")}, …` : shown.join(", ");
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

// The slot that shows the component's own text at this point: the browser names the component there, and gives the press
// to the slot.
function slotAt(component, x, y) {
  const isAt = (box) => x >= box.left && x < box.right && y >= box.top && y < box.bottom;
  for (const text of component.childNodes)
    if (text.nodeType === 3 && text.assignedSlot && textBoxes(text).some(isAt)) return text.assignedSlot;
  return null;
}

function hitAt(x, y) {
  let hit = document.elementFromPoint(x, y);
  for (let inner; hit && hit.shadowRoot && (inner = hit.shadowRoot.elementFromPoint(x, y)) && inner !== hit;) hit = inner;
  return (hit && hit.shadowRoot && slotAt(hit, x, y)) || hit;
}

// Whether a press on `hit` is one on the element: it is inside, or belongs to the same control.
function receives(element, hit) {
  for (let node = hit; node; node = around(node)) if (node === element) return true;
  const control = controlOf(element);
  return !!control && controlOf(hit) === control;
}

// --- Where it is, and how it comes into view ------------------------------------------------------------------------

const isWithin = (view, x, y) => x >= view.left && y >= view.top && x < view.right && y < view.bottom;
const wholeView = () => ({ left: 0, top: 0, right: innerWidth, bottom: innerHeight });
const isInView = (x, y) => isWithin(wholeView(), x, y);

// The elements around it that can scroll it, from the inside; what is fixed to the window has none.
function* scrollersAround(element) {
  for (let node = element; node && getComputedStyle(node).position !== "fixed";) {
    do node = around(node); while (node && node.nodeType !== 1);
    if (!node || node === document.scrollingElement) return;
    if (node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight) yield node;
  }
}

// The part of the window that what scrolls around the element leaves to it.
function viewOf(element) {
  const view = wholeView();
  for (const node of scrollersAround(element)) {
    if (getComputedStyle(node).overflow === "visible") continue;
    const box = node.getBoundingClientRect();
    view.left = Math.max(view.left, box.left);
    view.top = Math.max(view.top, box.top);
    view.right = Math.min(view.right, box.right);
    view.bottom = Math.min(view.bottom, box.bottom);
  }
  return view;
}

// The box around all of its boxes.
function outline(element) {
  if (!isBoxless(element)) return element.getBoundingClientRect();
  const all = boxes(element);
  const left = Math.min(...all.map((box) => box.left)), top = Math.min(...all.map((box) => box.top));
  const right = Math.max(...all.map((box) => box.right)), bottom = Math.max(...all.map((box) => box.bottom));
  return { left, top, right, bottom, width: right - left, height: bottom - top };
}

function placeOf(element, position) {
  const box = outline(element);
  return [box.left + position.x, box.top + position.y];
}

// Where a person would point: the middle of the part of the element that is in view, and then the middles of its
// quarters, since a badge or a banner may cover the first. Empty when nothing is in view.
function spots(element, position) {
  if (position) {
    const at = placeOf(element, position);
    return isInView(...at) ? [at] : [];
  }
  return spotsWithin(element, viewOf(element)) || spotsWithin(element, wholeView()) || []; // it may stick out of the first
}

function spotsWithin(element, view) {
  for (const box of boxes(element)) {
    const left = Math.max(box.left, view.left), width = Math.min(box.right, view.right) - left;
    const top = Math.max(box.top, view.top), height = Math.min(box.bottom, view.bottom) - top;
    if (width <= 0.5 || height <= 0.5) continue;
    return [[2, 2], [1, 1], [3, 1], [1, 3], [3, 3]].map(([x, y]) => [left + (width * x) / 4, top + (height * y) / 4]);
  }
  return null;
}

const hits = (element, at) => receives(element, hitAt(at[0], at[1]));

// Scrolls until a place of the element, and not just the element, which may be larger than what it is seen through, is
// in the middle, or near the end or start, of all that scrolls it.
const PARTS = { start: 0.1, center: 0.5, end: 0.9 };
function scrollPlaceTo(element, position, block) {
  const part = PARTS[block];
  const by = (node, box) => {
    const [x, y] = placeOf(element, position);
    const scale = node.offsetWidth ? box.width / node.offsetWidth : 1; // as the page draws it
    node.scrollBy({
      left: (x - box.left - box.width / 2) / scale,
      top: (y - box.top - box.height * part) / scale,
      behavior: "instant",
    });
  };
  for (const node of scrollersAround(element)) by(node, node.getBoundingClientRect());
  by(window, { left: 0, top: 0, width: innerWidth, height: innerHeight });
}

function scrollTo(element, block, position) {
  if (!position && isBoxless(element)) { // scrollIntoView does nothing for it
    if (block === "nearest") return;
    const { width, height } = outline(element);
    position = { x: width / 2, y: height / 2 };
  }
  if (position) scrollPlaceTo(element, position, block);
  else element.scrollIntoView({ block, inline: block === "nearest" ? block : "center", behavior: "instant" });
}

// The first spot that hits the element: as it is; scrolled to the middle; or, where something covers it there, beside
// what covers it. The last is tried once for an action, so that no look after another makes the page jump.
let hasJumped = false;
function hitSpot(element, position) {
  const find = () => spots(element, position).find((at) => hits(element, at));
  let at = find();
  if (at) return at;
  scrollTo(element, "center", position);
  at = find();
  if (at || hasJumped) return at;
  hasJumped = true;
  for (const block of ["end", "start"]) {
    scrollTo(element, block, position);
    at = find();
    if (at) return at;
  }
  scrollTo(element, "center", position);
  return undefined;
}

const round = (number) => Math.round(number * 100) / 100;

// --- The press ------------------------------------------------------------------------------------------------------

// Between the moment that a point is chosen and the moment that the pointer is pressed there, a page can put something
// else in its place. So the press is looked at as it arrives, before the page sees it: one that would not reach the
// element is kept from the page, with what follows from it, and then made again.
//
// What it has come to is told at once, as "pressed NUMBER NAME", without a name when it was the element. Where nobody
// hears that (observer.js), and where no press is seen, LiveLoad asks (act.js, "pressed").
let aim = null; // { element, selector, number, by } of the press that is to come; by: what it comes to instead, or null
const PRESSES = ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "auxclick", "dblclick", "contextmenu"];
const TOUCHES = ["touchstart", "touchend"]; // listened to when a tap comes: they would slow the page's scrolling

function reaches(hit) {
  if (receives(aim.element, hit)) return true;
  if (aim.element.isConnected) return false;
  return find(aim.selector).some((element) => receives(element, hit)); // it was rendered anew
}

function onPress(event) {
  if (!aim || !event.isTrusted) return;
  if (aim.by === undefined) {
    const hit = event.composedPath()[0];
    aim.by = reaches(hit) ? null : name(hit);
    if (aim.number) observer.say(`pressed ${aim.number} ${aim.by || ""}`);
  }
  if (aim.by === null) return;
  if (event.cancelable) event.preventDefault();
  event.stopImmediatePropagation();
}

// Returns the press's number, or 0 when it will have to be asked for.
function watchPress(element, selector, isTap) {
  aim = { element, selector, number: observer.isHeard() ? observer.newNumber() : 0, by: undefined };
  if (isTap) for (const type of TOUCHES) addEventListener(type, onPress, { capture: true, passive: false, once: true });
  return aim.number;
}

for (const type of PRESSES) addEventListener(type, onPress, true);
