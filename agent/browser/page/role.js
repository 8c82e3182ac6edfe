// Roles and accessible names: role=button[name="Save"].
//
// Implicit roles follow HTML-AAM, names follow "Accessible Name and Description Computation 1.2", both of the W3C. Of
// the latter, the steps are marked where they are done.

// Which elements have a role without saying so.
const textInputs = (list) => `input:is(:not([type]),[type=""],[type=text],[type=email],[type=tel],[type=url])${list}`;
const IMPLICIT = {
  article: "article",
  banner: "header:not(:is(article,aside,main,nav,section) header)",
  blockquote: "blockquote",
  button: "button,input:is([type=button],[type=submit],[type=reset],[type=image])",
  caption: "caption",
  cell: "td:not(table:is([role=grid],[role=treegrid]) td)",
  checkbox: "input[type=checkbox]",
  code: "code",
  columnheader: "th:not([scope=row],[scope=rowgroup])",
  combobox: `select:not([multiple],[size]),select[size="1"]:not([multiple]),${textInputs("[list]")}`,
  complementary: "aside",
  contentinfo: "footer:not(:is(article,aside,main,nav,section) footer)",
  definition: "dd",
  deletion: "del",
  dialog: "dialog",
  emphasis: "em",
  figure: "figure",
  form: "form",
  gridcell: "table:is([role=grid],[role=treegrid]) td",
  group: "fieldset,details,optgroup",
  heading: "h1,h2,h3,h4,h5,h6",
  img: 'img:not([alt=""]),svg',
  insertion: "ins",
  link: "a[href],area[href]",
  list: "ul,ol,menu",
  listbox: 'select[multiple],select[size]:not([size="1"]),datalist',
  listitem: "li",
  main: "main",
  mark: "mark",
  math: "math",
  meter: "meter",
  navigation: "nav",
  option: "option",
  paragraph: "p",
  progressbar: "progress",
  radio: "input[type=radio]",
  region: "section:is([aria-label],[aria-labelledby],[title])",
  row: "tr",
  rowgroup: "thead,tbody,tfoot",
  rowheader: "th:is([scope=row],[scope=rowgroup])",
  search: "search",
  searchbox: "input[type=search]:not([list])",
  separator: "hr",
  slider: "input[type=range]",
  spinbutton: "input[type=number]",
  status: "output",
  strong: "strong",
  subscript: "sub",
  superscript: "sup",
  table: "table",
  term: "dt,dfn",
  textbox: `textarea,${textInputs(":not([list])")}`,
  time: "time",
};
// Those that only an attribute gives.
const EXPLICIT = new Set(("alert alertdialog application directory document feed grid gridcell log marquee menu menubar " +
  "menuitem menuitemcheckbox menuitemradio none note presentation radiogroup scrollbar switch tab tablist tabpanel " +
  "timer toolbar tooltip tree treegrid treeitem generic image").split(" "));
const NAMED_BY_CONTENT = new Set(("button cell checkbox columnheader gridcell heading link menuitem menuitemcheckbox " +
  "menuitemradio option radio row rowheader switch tab tooltip treeitem").split(" "));
const isRole = (name) => Object.hasOwn(IMPLICIT, name) || EXPLICIT.has(name);

function implicitRole(element) {
  for (const role in IMPLICIT) if (element.matches(IMPLICIT[role])) return role;
  return null;
}

const saidRole = (element) => (element.getAttribute("role") || "").toLowerCase().split(/\s+/).find(isRole);

// An element that can be focused is no decoration, whatever it says.
function roleOf(element) {
  const said = saidRole(element);
  if (!said) return implicitRole(element);
  if (said !== "none" && said !== "presentation") return said === "image" ? "img" : said;
  return element.tabIndex >= 0 ? implicitRole(element) : null;
}

// Options are drawn by the browser, with their list, unless display:none leaves them out. What is only its content has no
// box.
function isShown(element) {
  const list = /^(option|optgroup)$/.test(element.localName) ? element.closest("select") : null;
  for (let node = element; list && node !== list; node = node.parentNode)
    if (getComputedStyle(node).display === "none") return false;
  const drawn = list || element;
  if (drawn.checkVisibility({ visibilityProperty: true })) return true;
  const parent = isBoxless(drawn) && around(drawn);
  return !!parent && (parent.nodeType !== 1 || isShown(parent));
}

function isHiddenFromAll(element) {
  if (!isShown(element)) return true;
  for (let node = element; node; node = around(node))
    if (node.nodeType === 1 && node.getAttribute("aria-hidden") === "true") return true;
  return false;
}

function referenced(element, attribute = "aria-labelledby") {
  const root = element.getRootNode();
  return (element.getAttribute(attribute) || "").split(/\s+/).map((id) => id && root.getElementById(id)).filter(Boolean);
}

// Step 2C: what a control inside a name says is its value.
function embeddedValue(element, role) {
  if (role === "textbox" || role === "searchbox") return element.value ?? element.textContent;
  if (role === "combobox" || role === "listbox") {
    if (element.selectedOptions) return [...element.selectedOptions].map((one) => one.label).join(" ");
    const chosen = element.querySelector('[aria-selected="true"]');
    return chosen ? chosen.textContent : element.value ?? "";
  }
  if (/^(slider|spinbutton|progressbar|scrollbar|meter)$/.test(role))
    return element.getAttribute("aria-valuetext") ?? element.getAttribute("aria-valuenow") ?? String(element.value ?? "");
  return null;
}

// Step 2E: what HTML itself gives a name with.
function nativeName(element, seen) {
  const tag = element.localName;
  const of = (other) => (other ? nameOf(other, { seen, within: true }) : "");
  const child = (name) => of([...element.children].find((one) => one.localName === name));
  const labels = [...(element.labels || [])].map((one) => nameOf(one, { seen, within: true, byReference: true })).join(" ");
  if (labels.trim()) return labels;
  if (tag === "input" && /^(button|submit|reset)$/.test(element.type))
    return element.value || { submit: "Submit", reset: "Reset" }[element.type] || "";
  if (tag === "input" && element.type === "image") return element.alt || element.value || "";
  if (tag === "img" || tag === "area") return element.getAttribute("alt") || "";
  if (tag === "fieldset") return child("legend");
  if (tag === "figure") return child("figcaption");
  if (tag === "table") return child("caption");
  if (tag === "optgroup" || tag === "option") return element.getAttribute("label") || "";
  if (tag === "svg") return [...element.children].find((one) => one.localName === "title")?.textContent ?? ""; // has no box
  return "";
}

const isInline = (element) => /^(inline|contents|none)/.test(getComputedStyle(element).display);

// What CSS puts before or after it, if that is a text or has one beside its picture.
function decoration(element, where) {
  const { content, display, visibility } = getComputedStyle(element, where);
  const text = display !== "none" && visibility === "visible" && /^(?:"|[^"][^]* \/ ")([^]*)"$/.exec(content);
  if (!text) return "";
  const shown = text[1].replace(/\\(.)/g, "$1");
  return /^(inline|contents)/.test(display) ? shown : ` ${shown} `;
}

// Step 2F: the names of what is inside, with spaces around what stands in lines of its own. An entry of a tree is not
// named by those below it.
function contentName(element, seen, withHidden) {
  let name = decoration(element, "::before");
  for (const node of inside(element)) {
    if (node.nodeType === 3) name += node.data;
    if (node.nodeType !== 1 || INVISIBLE_TEXT.has(node.nodeName)) continue;
    if (saidRole(node) === "group" && saidRole(element) === "treeitem") continue;
    const part = nameOf(node, { seen, within: true, withHidden });
    name += node.localName === "br" ? " " : isInline(node) ? part : ` ${part} `;
  }
  return name + decoration(element, "::after");
}

// `within`: as part of another element's name; `byReference`: because that one, or a label, names it so; `withHidden`: as
// part of what is hidden and named all the same; `seen` ends circles.
function nameOf(element, { seen = new Set(), within = false, byReference = false, withHidden = false } = {}) {
  if (seen.has(element)) return "";
  if (within && !withHidden && isHiddenFromAll(element)) { // step 2A
    if (!byReference) return "";
    withHidden = true;
  }
  if (!byReference && element.hasAttribute("aria-labelledby")) { // step 2B
    const others = referenced(element);
    if (others.length) return normal(others.map((one) => nameOf(one, { seen, within: true, byReference: true })).join(" "));
  }
  seen = new Set(seen).add(element);
  const role = roleOf(element);
  const value = within && !byReference ? embeddedValue(element, role) : null; // step 2C
  if (value !== null) return value;
  const label = (element.getAttribute("aria-label") || "").trim(); // step 2D
  if (label) return label;
  const decorates = /^(none|presentation)$/.test(saidRole(element) || "") && role === null;
  const native = decorates ? "" : nativeName(element, seen);
  if (native.trim()) return native;
  if (within || NAMED_BY_CONTENT.has(role)) {
    const content = contentName(element, seen, withHidden);
    if (content.trim()) return content;
  }
  return element.getAttribute("title") || element.getAttribute("placeholder") || ""; // step 2I
}

const mixed = (text) => (text === "mixed" ? "mixed" : text === "true");
const aria = (element, name) => element.getAttribute(`aria-${name}`);
const CAN_BE_SELECTED = /^(columnheader|gridcell|option|row|rowheader|tab|treeitem)$/;
const isBox = (element) => element.localName === "input" && /^(checkbox|radio)$/.test(element.type);

// null: it has no such state, neither on nor off.
const STATES = {
  checked: (element) => {
    if (isBox(element)) return element.indeterminate && element.type === "checkbox" ? "mixed" : element.checked;
    return CHECKED_ROLES.test(roleOf(element)) ? mixed(aria(element, "checked")) : null;
  },
  pressed: (element) => roleOf(element) === "button" ? mixed(aria(element, "pressed")) : null,
  selected: (element) => {
    if (element.localName === "option") return element.selected;
    return CAN_BE_SELECTED.test(roleOf(element)) ? aria(element, "selected") === "true" : null;
  },
  expanded: (element) => {
    if (element.localName === "details") return element.open;
    const said = aria(element, "expanded");
    return said === "true" || (said === "false" ? false : null);
  },
  disabled: (element) => isDisabled(element),
  level: (element) => {
    const said = Number(aria(element, "level"));
    return said > 0 ? said : Number(/^h([1-6])$/.exec(element.localName)?.[1] ?? 0);
  },
};

const COMPARE = {
  "=": (name, wanted) => name === wanted,
  "*=": (name, wanted) => name.includes(wanted),
  "^=": (name, wanted) => name.startsWith(wanted),
  "$=": (name, wanted) => name.endsWith(wanted),
};

function nameCondition(operator, value) {
  const pattern = /^\/([^]*)\/([a-z]*)$/.exec(value);
  if (pattern && operator === "=") {
    const expression = new RegExp(pattern[1], pattern[2].replace(/[gy]/g, ""));
    return (name) => expression.test(name);
  }
  const quoted = /^(["'])([^]*)\1\s*(i?)$/.exec(value);
  const any = quoted?.[3] === "i";
  const wanted = normal(quoted ? quoted[2].replace(/\\(.)/g, "$1") : value);
  const compare = COMPARE[operator];
  return any ? (name) => compare(name.toLowerCase(), wanted.toLowerCase()) : (name) => compare(name, wanted);
}

// button[name="Save"][expanded] → what it asks for. A value is quoted, a /pattern/ or a word.
function parseRole(text) {
  const head = /^[a-z]+/i.exec(text);
  const wrong = (why) => new Unusable(`"role=${text}" is no selector: ${why}`);
  const role = head ? head[0].toLowerCase() : "";
  if (!isRole(role) || role === "none" || role === "presentation") throw wrong(`there is no role "${role || text}"`);
  const wanted = { role: role === "image" ? "img" : role, name: null, states: [], hidden: false };
  const condition =
    /\s*\[\s*([a-z-]+)\s*(?:([*^$]?=)\s*("(?:\\.|[^"\\])*"\s*i?|'(?:\\.|[^'\\])*'\s*i?|\/(?:\\.|[^/\\])*\/[a-z]*|[^\]\s]+)\s*)?\]/y;
  condition.lastIndex = head[0].length;
  while (condition.lastIndex < text.length) {
    const found = condition.exec(text);
    if (!found) throw wrong('write conditions like [name="Save"] or [checked]');
    const [, key, operator, value] = found;
    if (key === "name" && value) wanted.name = nameCondition(operator, value);
    else if (key === "name") throw wrong('a name has a value, as in [name="Save"]');
    else if (key === "include-hidden") wanted.hidden = stateWanted(key, operator, unquoted(value), wrong);
    else if (Object.hasOwn(STATES, key)) wanted.states.push([STATES[key], stateWanted(key, operator, unquoted(value), wrong)]);
    else throw wrong(`it has no condition "${key}": there are name, ${Object.keys(STATES).join(", ")} and include-hidden`);
  }
  return wanted;
}

const unquoted = (value) => value && value.replace(/^(["'])([^]*)\1$/, "$2");

function stateWanted(key, operator, value, wrong) {
  if (key === "level") {
    if (operator === "=" && /^[1-9]$/.test(value)) return Number(value);
    throw wrong("level is a number, as in [level=2]");
  }
  if (value === undefined || (operator === "=" && value === "true")) return true;
  if (operator === "=" && value === "false") return false;
  if (operator === "=" && value === "mixed" && /^(checked|pressed)$/.test(key)) return "mixed";
  throw wrong(`[${key}] is true or false`);
}

function byRole(scope, text) {
  const wanted = parseRole(text);
  const css = Object.hasOwn(IMPLICIT, wanted.role) ? `${IMPLICIT[wanted.role]},[role]` : "[role]";
  return byCss(scope, css).filter((element) =>
    roleOf(element) === wanted.role &&
    wanted.states.every(([read, value]) => read(element) === value) &&
    (wanted.hidden || !isHiddenFromAll(element)) &&
    (!wanted.name || wanted.name(normal(nameOf(element)))));
}
