// Judging elements: what can be seen, used and hit.

function isVisible(element) {
  if (!element.checkVisibility({ visibilityProperty: true })) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}

const around = (node) => node.assignedSlot || node.parentNode || node.host;

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
  if (shared(element.id)) return `${element.localName}#${element.id}`;
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
  const range = document.createRange();
  for (const text of component.childNodes) {
    if (text.nodeType !== 3 || !text.assignedSlot) continue;
    range.selectNode(text);
    for (const box of range.getClientRects())
      if (x >= box.left && x < box.right && y >= box.top && y < box.bottom) return text.assignedSlot;
  }
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

// Where a person would point: the middle of the part of the element that is in view, and then the middles of its
// quarters, since a badge or a banner may cover the first. Empty when nothing is in view.
function spots(element, position) {
  if (position) {
    const box = element.getBoundingClientRect(), x = box.left + position.x, y = box.top + position.y;
    return x >= 0 && y >= 0 && x < innerWidth && y < innerHeight ? [[x, y]] : [];
  }
  for (const box of element.getClientRects()) {
    const left = Math.max(box.left, 0), width = Math.min(box.right, innerWidth) - left;
    const top = Math.max(box.top, 0), height = Math.min(box.bottom, innerHeight) - top;
    if (width <= 0.5 || height <= 0.5) continue;
    return [[2, 2], [1, 1], [3, 1], [1, 3], [3, 3]].map(([x, y]) => [left + (width * x) / 4, top + (height * y) / 4]);
  }
  return [];
}

const hits = (element, at) => receives(element, hitAt(at[0], at[1]));

function scrollTo(element, block) {
  element.scrollIntoView({ block, inline: "center", behavior: "instant" });
}

// The first spot that hits the element: as it is; scrolled to the middle; or, where something covers it there, beside
// what covers it. The last is tried once for an action, so that no look after another makes the page jump.
let hasJumped = false;
function hitSpot(element, position) {
  const find = () => spots(element, position).find((at) => hits(element, at));
  let at = find();
  if (at) return at;
  scrollTo(element, "center");
  at = find();
  if (at || hasJumped) return at;
  hasJumped = true;
  for (const block of ["end", "start"]) {
    scrollTo(element, block);
    at = find();
    if (at) return at;
  }
  scrollTo(element, "center");
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
