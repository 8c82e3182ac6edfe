// Doing things with elements, and reading them: every operation on elements.
//
// An operation gets its call, { selector, text, argument, options }, and answers with an array when it is done, or with
// what it waits for.

const READING_MAX = 4 * 1024 * 1024;

// The one element an action is for, or the answer that there is none.
function one(selector) {
  const found = find(selector);
  if (found.length === 1) return found[0];
  if (found.length === 0) return "matches nothing";
  return failed("precondition",
    `matches several elements, and an action needs one: ${names(found)} (${found.length} match)`);
}

const isElement = (found) => found instanceof Element;

// The one element, handed to `then` once it is visible and enabled.
const only = (then) => (call) => {
  const element = one(call.selector);
  if (!isElement(element)) return element;
  if (!call.options.force) {
    if (!isVisible(element)) return "is not visible";
    const why = whyDisabled(element);
    if (why) return why;
  }
  return then(element, call);
};

// The first element a reading is for, once it is there.
const first = (then) => (call) => {
  const element = find(call.selector)[0];
  return element ? then(element, call) : "matches nothing";
};

const reading = (value) =>
  typeof value === "string" && value.length > READING_MAX ? failed("limit", "the text is over 4 MB") : ["ok", value];

// What an operation on a field is for, when it was given the field's label or a part of it.
function control(element) {
  if (element.localName === "label") return element.control || element;
  if (element.isContentEditable) return element;
  const field = controlOf(element);
  return field && /^(input|select|textarea)$/.test(field.localName) ? field : element;
}
const isSelect = (element) => element.localName === "select";

// --- The pointer ----------------------------------------------------------------------------------------------------

function forcedSpot(element, position) {
  const at = spots(element, position)[0];
  if (at && isWithin(viewOf(element), ...at)) return at;
  scrollTo(element, "center", position);
  return spots(element, position)[0];
}

// With the size of the window, which is a frame's own in frames: they may be drawn in another size.
const inputAt = (input, [x, y], number) => ["ok", null, input, round(x), round(y), number, innerWidth, innerHeight];

// The answer that asks for this input where the element can be hit, or what is in the way.
const point = (input) => (element, { selector, options }) => {
  const { position, force } = options;
  if (!force && isMoving(element)) return "is moving";
  const at = force ? forcedSpot(element, position) : hitSpot(element, position);
  if (!at) {
    const wanted = spots(element, position)[0], hit = wanted && hitAt(wanted[0], wanted[1]);
    return hit ? `is covered by ${name(hit)}` : "is out of view";
  }
  const number = force || input === "hover" ? 0 : watchPress(element, selector, input === "tap");
  return inputAt(input, at, number);
};

// What says nothing about it is not checked; null where there is nothing to check.
const CHECKED_ROLES = /^(checkbox|menuitemcheckbox|menuitemradio|option|radio|switch|treeitem)$/;
function checkState(element) {
  element = controlOf(element) || element;
  if (element.localName === "input" && /^(checkbox|radio)$/.test(element.type)) return element.checked;
  const said = element.getAttribute("aria-checked");
  if (said !== null) return said === "true";
  return CHECKED_ROLES.test(saidRole(element)) ? false : null;
}

const noCheckbox = (element) => failed("precondition", `is ${name(element)}, not a checkbox or radio button`);

// After the press: whether it has come to the element.
const pressed = () => (aim && aim.by ? ["missed", aim.by] : ["ok"]);

let clicked = null; // the checkbox that is about to be

const toggle = (wanted) => (element, call) => {
  clicked = element;
  const state = checkState(element);
  if (state === null) return noCheckbox(element);
  return state === wanted ? ["ok"] : point("toggle")(element, call);
};

// After the click, which may have made the selector match another; one that the click took away has done its part.
const toggled = (wanted) => () => {
  if (aim && aim.by) return pressed();
  const element = clicked;
  clicked = null;
  if (!element || !element.isConnected || checkState(element) === wanted) return ["ok"];
  return failed("precondition", "keeps its state when it is clicked");
};

// Where it is dropped is looked at before it is taken up, so that what cannot be dropped stays where it is, and again
// when it has been, since it may cover the place.
function target(selector) {
  const found = one(selector);
  if (isElement(found)) return isVisible(found) ? found : "has a target that is not visible";
  return typeof found === "string" ? `has a target that ${found}` : failed(found[0], `has a target that ${found[1]}`);
}

function drag(element, { selector, text, options }) {
  const found = target(text);
  if (!isElement(found)) return found;
  return point("drag")(element, { selector, options: { force: options.force, position: options.source_position } });
}

function drop({ text, options }) {
  if (aim && aim.by) return pressed();
  const found = target(text);
  if (!isElement(found)) return found;
  const at = forcedSpot(found, options.target_position);
  return at ? inputAt("drop", at, 0) : "has a target that is out of view";
}

// What has no size can be in view too: pages load more when the empty end of a list is.
function scrollIntoView({ selector }) {
  const element = one(selector);
  if (!isElement(element)) return element;
  if (!element.checkVisibility() && !(isBoxless(element) && isVisible(element))) return "is not visible";
  const box = outline(element);
  const isOut = box.bottom < 0 || box.right < 0 || box.top > innerHeight || box.left > innerWidth;
  scrollTo(element, isOut ? "center" : "nearest");
  return ["ok"];
}

// --- Focus, keys and text -------------------------------------------------------------------------------------------

function active() {
  let element = document.activeElement;
  while (element && element.shadowRoot && element.shadowRoot.activeElement) element = element.shadowRoot.activeElement;
  return element;
}

// Keys go to what has the focus, and where nothing has, to the body: that of the frame which had it last.
function takesFocus(element) {
  element.focus();
  if (!document.hasFocus()) window.focus();
  return element === active() || element.contains(active()) || element === document.body ||
    element === document.documentElement;
}

const noFocus = (element) =>
  isVisible(element) ? failed("precondition", `is ${name(element)}, which takes no focus`) : "is not visible";

// The one element, handed to `then` once it is enabled. It need not be visible: keys go to what has the focus, which a
// body without height or the hidden field of an editor can have. What is not rendered takes none, and is waited for.
const keyed = (then) => (call) => {
  const element = one(call.selector);
  if (!isElement(element)) return element;
  return isDisabled(element) ? "is disabled" : then(element, call);
};

function focus(element) {
  element = control(element);
  return takesFocus(element) ? ["ok"] : noFocus(element);
}

function blur(element) {
  control(element).blur();
  return ["ok"];
}

const press = (element) => takesFocus(control(element)) ? ["ok", null, "press"] : noFocus(element);

// Inputs whose text is not typed but picked.
const PICKED = /^(color|date|time|datetime-local|month|range|week)$/;
const UNTYPED = /^(checkbox|radio|file|submit|button|reset|image|hidden)$/;

// Why no text can be put into it, or null.
function holdsNoText(element) {
  const tag = element.localName;
  if (tag !== "input" && tag !== "textarea" && !element.isContentEditable)
    return failed("precondition", `is ${name(element)}, which holds no text`);
  if (tag === "input" && UNTYPED.test(element.type))
    return failed("precondition", `is an input of type ${element.type}, which holds no text`);
  return isReadOnly(element) ? "is read-only" : null;
}

function told(element) {
  element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

// What an input makes of a text by itself, before any script: it leaves out what it takes for wrong.
const SANITISED = {
  "color": () => "write it as in #1e90ff",
  "date": () => "write it as in 2026-01-31",
  "datetime-local": () => "write it as in 2026-01-31T13:45",
  "month": () => "write it as in 2026-01",
  "number": () => "write it as in 1.5 or -2e3",
  "range": ({ min, max, step }) => `it goes from ${min || 0} to ${max || 100} in steps of ${step || 1}`,
  "time": () => "write it as in 13:45",
  "week": () => "write it as in 2026-W05",
};

// Why it would not hold this text, found on an input that the page does not know; or null.
function wouldChange(element, text) {
  const { type } = element;
  if (element.localName !== "input" || !Object.hasOwn(SANITISED, type)) return null;
  const other = document.implementation.createHTMLDocument("").createElement("input");
  for (const attribute of ["type", "min", "max", "step"])
    if (element.hasAttribute(attribute)) other.setAttribute(attribute, element.getAttribute(attribute));
  if (type === "range") other.defaultValue = element.defaultValue; // steps are counted from there
  other.value = text;
  if (other.value === (type === "color" ? text.toLowerCase() : text)) return null;
  return failed("precondition", `takes no such ${type}: ${SANITISED[type](element)}`);
}

function pick(element, text) {
  element.focus();
  element.value = text;
  told(element);
  return ["ok"];
}

function selectAll(element) {
  if (element.select) {
    element.select();
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

// Selects the content and asks for the text to be put in its place from outside, as real input.
function fill(element, { text }) {
  element = control(element);
  if (isSelect(element) && text) return select(element, [text]);
  const why = holdsNoText(element);
  if (why) return why;
  const changes = wouldChange(element, text);
  if (changes) return changes;
  if (element.localName === "input" && PICKED.test(element.type)) return pick(element, text);
  element.focus();
  selectAll(element);
  return ["ok", null, "insert"];
}

// Where a person who comes to a field goes on typing: behind what it holds.
function type(element) {
  element = control(element);
  const why = holdsNoText(element);
  if (why) return why;
  const hadFocus = element === active();
  if (!takesFocus(element)) return noFocus(element);
  if (!hadFocus) getSelection().modify("move", "forward", "documentboundary");
  return ["ok", null, "type"];
}

// --- Choosing, files and forms --------------------------------------------------------------------------------------

function select(element, wanted) {
  element = control(element);
  if (!isSelect(element)) return failed("precondition", `is ${name(element)}, not a select`);
  if (wanted.length > 1 && !element.multiple) return failed("precondition", "takes one option, not several");
  const options = [...element.options], chosen = new Set();
  for (const text of wanted) {
    const option = options.find((one) => one.value === text) || options.find((one) => normal(one.label) === normal(text));
    if (!option) return "has no such option";
    if (isDisabled(option)) return "has that option disabled";
    chosen.add(option);
  }
  element.focus();
  if (element.multiple) for (const option of options) option.selected = chosen.has(option);
  else if (!chosen.size) element.selectedIndex = -1;
  else for (const option of chosen) option.selected = true;
  told(element);
  return ["ok"];
}

// Inputs for files are often hidden behind a button of the site's own, so this one need not be visible.
function setFiles({ selector, argument }) {
  let element = one(selector);
  if (!isElement(element)) return element;
  element = control(element);
  if (element.localName !== "input" || element.type !== "file")
    return failed("precondition", `is ${name(element)}, not an input for files`);
  if (isDisabled(element)) return "is disabled";
  if (argument.length > 1 && !element.multiple) return failed("precondition", "takes one file, not several");
  const chosen = new DataTransfer();
  for (const { name, type, content } of argument) {
    const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
    chosen.items.add(new File([bytes], name, { type }));
  }
  element.files = chosen.files;
  told(element);
  return ["ok"];
}

// As Enter in one of its fields does: checked, and with the button that would have been pressed. A form itself may have
// no box that could be seen.
function submit({ selector }) {
  const element = one(selector);
  if (!isElement(element)) return element;
  const form = element.localName === "form" ? element : element.form || element.closest("form");
  if (!form) return failed("precondition", `is ${name(element)}, which is in no form`);
  const wrong = !form.noValidate && [...form.elements].find((field) => field.willValidate && !field.validity.valid);
  if (wrong) return failed("precondition", `has ${name(wrong)}, which is not valid: ${wrong.validationMessage}`);
  const submits = (field) => field.form === form && field.matches(":is(button,input):is([type=submit],[type=image]),button:not([type])");
  const button = [...form.elements].find(submits);
  if (button && isDisabled(button)) return `has ${name(button)}, which is disabled`;
  form.requestSubmit(button || null);
  return ["ok"];
}

// --- Reading --------------------------------------------------------------------------------------------------------

function value(element) {
  element = control(element);
  if (!/^(input|textarea|select)$/.test(element.localName))
    return failed("precondition", `is ${name(element)}, which has no value`);
  return reading(element.value);
}

function isChecked(element) {
  const state = checkState(element);
  return state === null ? noCheckbox(element) : ["ok", state];
}

function pageContent() {
  const { doctype, documentElement } = document;
  const begin = doctype ? new XMLSerializer().serializeToString(doctype) : "";
  return reading(begin + (documentElement ? documentElement.outerHTML : ""));
}

const state = {
  attached: (element) => element ? ["ok"] : "matches nothing",
  detached: (element) => element ? "is still there" : ["ok"],
  visible: (element) => !element ? "matches nothing" : isVisible(element) ? ["ok"] : "is not visible",
  hidden: (element) => element && isVisible(element) ? "is still visible" : ["ok"],
};

const operations = {
  click: only(point("click")),
  double_click: only(point("click")),
  hover: only(point("hover")),
  tap: only(point("tap")),
  drag_and_drop: only(drag),
  drop,
  pressed,
  scroll_into_view: scrollIntoView,
  press: keyed(press),
  type: keyed(type),
  fill: only(fill),
  clear: only((element) => fill(element, { text: "" })),
  check: only(toggle(true)),
  uncheck: only(toggle(false)),
  checked: toggled(true),
  unchecked: toggled(false),
  select_option: only((element, { text }) => select(element, [text])),
  select_multiple_options: only((element, { argument }) => select(element, argument)),
  focus: keyed(focus),
  blur: keyed(blur),
  set_input_files: setFiles,
  submit_form: submit,
  wait_for_selector: ({ selector, options }) => state[options.state ?? "visible"](find(selector)[0]),
  page_content: pageContent,
  inner_html: first((element) => reading(element.innerHTML)),
  inner_text: first((element) => reading(element.innerText ?? element.textContent)),
  text_content: first((element) => reading(element.textContent)),
  input_value: first(value),
  get_attribute: first((element, { text }) => reading(element.getAttribute(text))),
  is_visible: ({ selector }) => {
    const element = find(selector)[0];
    return ["ok", !!element && isVisible(element)];
  },
  is_checked: first(isChecked),
  is_enabled: first((element) => ["ok", !whyDisabled(element)]),
  count: ({ selector }) => ["ok", find(selector).length],
  title: () => reading(document.title),
  url: () => reading(location.href),
};
