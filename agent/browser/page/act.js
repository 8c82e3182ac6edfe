// Doing things with elements, and reading them: every operation on elements.

const READING_MAX = 4 * 1024 * 1024;

const control = (element) => (element.localName === "label" && element.control) || element;
const isSelect = (element) => element.localName === "select";

function told(element) {
  element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

function select(element, wanted) {
  element = control(element);
  if (!isSelect(element)) return failed("precondition", `is ${name(element)}, not a select`);
  const options = [...element.options];
  const option = options.find((one) => one.value === wanted) || options.find((one) => normal(one.label) === normal(wanted));
  if (!option) return "has no such option";
  if (isDisabled(option)) return "has that option disabled";
  element.focus();
  if (element.multiple) for (const one of options) one.selected = false;
  option.selected = true;
  told(element);
  return ["ok"];
}

// Inputs whose text is not typed but picked.
const PICKED = /^(color|date|time|datetime-local|month|range|week)$/;
const UNTYPED = /^(checkbox|radio|file|submit|button|reset|image|hidden)$/;

function pick(element, text) {
  element.focus();
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  set.call(element, text);
  if (text && !element.value) return failed("precondition", `takes no such ${element.type}`);
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
function fill(element, text) {
  element = control(element);
  const tag = element.localName;
  if (isSelect(element) && text) return select(element, text);
  if (tag !== "input" && tag !== "textarea" && !element.isContentEditable)
    return failed("precondition", `is ${name(element)}, which holds no text`);
  if (tag === "input" && UNTYPED.test(element.type))
    return failed("precondition", `is an input of type ${element.type}, which holds no text`);
  if (isReadOnly(element)) return "is read-only";
  if (tag === "input" && PICKED.test(element.type)) return pick(element, text);
  element.focus();
  selectAll(element);
  return ["ok", null, "insert"];
}

function checkState(element) {
  element = control(element);
  if (element.localName === "input" && /^(checkbox|radio)$/.test(element.type)) return element.checked;
  const aria = element.getAttribute("aria-checked");
  return aria === null ? null : aria === "true";
}

let clicked = null; // the checkbox that is about to be

const toggle = (wanted) => (element) => {
  clicked = element;
  const state = checkState(element);
  if (state === null) return failed("precondition", `is ${name(element)}, not a checkbox or radio button`);
  return state === wanted ? ["ok"] : point("toggle")(element);
};

// After the click, which may have made the selector match another; one that the click took away has done its part.
const toggled = (wanted) => () => {
  const element = clicked;
  clicked = null;
  if (!element || !element.isConnected || checkState(element) === wanted) return ["ok"];
  return failed("precondition", "keeps its state when it is clicked");
};

function press(element) {
  element.focus();
  return ["ok", null, "press"];
}

function value(element) {
  element = control(element);
  if (!/^(input|textarea|select)$/.test(element.localName))
    return failed("precondition", `is ${name(element)}, which has no value`);
  return reading(element.value);
}

const state = {
  attached: (element) => element ? ["ok"] : "matches nothing",
  detached: (element) => element ? "is still there" : ["ok"],
  visible: (element) => !element ? "matches nothing" : isVisible(element) ? ["ok"] : "is not visible",
  hidden: (element) => element && isVisible(element) ? "is still visible" : ["ok"],
};

// Each answers with an array when it is done, or with what it waits for.
const operations = {
  click: only(point("click")),
  hover: only(point("hover")),
  fill: only(fill),
  clear: only((element) => fill(element, "")),
  press: only(press),
  check: only(toggle(true)),
  uncheck: only(toggle(false)),
  checked: toggled(true),
  unchecked: toggled(false),
  select_option: only(select),
  wait_for_selector: (selector, _, __, options) => state[options?.state ?? "visible"](find(selector)[0]),
  inner_text: first((element) => reading(element.innerText ?? element.textContent)),
  text_content: first((element) => reading(element.textContent)),
  input_value: first(value),
  get_attribute: first((element, attribute) => reading(element.getAttribute(attribute))),
  is_visible: (selector) => {
    const element = find(selector)[0];
    return ["ok", !!element && isVisible(element)];
  },
  count: (selector) => ["ok", find(selector).length],
};
