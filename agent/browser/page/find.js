// Finding elements: selectors. role.js has the part about roles and accessible names.

const INVISIBLE_TEXT = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD"]);
const TEST_ID = "data-testid";

class Unusable extends Error {}

// Splits at " >> " outside quotes. A quote that is not closed is none, but an apostrophe.
function parts(selector, quotes = "\"'") {
  const found = [];
  let quote = "", start = 0;
  for (let i = 0; i < selector.length; i++) {
    const c = selector[i];
    if (quote) {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if (quotes.includes(c)) {
      quote = c;
    } else if (c === ">" && selector.startsWith(" >> ", i - 1)) {
      found.push(selector.slice(start, i - 1));
      start = i + 3;
      i += 2;
    }
  }
  if (quote) return parts(selector, quotes.replace(quote, ""));
  found.push(selector.slice(start));
  return found.map((part) => part.trim());
}

// The root itself and every open shadow root below it.
function roots(root, into = []) {
  into.push(root);
  if (root.shadowRoot) roots(root.shadowRoot, into);
  for (const element of root.querySelectorAll("*")) if (element.shadowRoot) roots(element.shadowRoot, into);
  return into;
}

function byCss(scope, css) {
  const found = [];
  for (const root of roots(scope)) found.push(...root.querySelectorAll(css));
  return found;
}

const normal = (text) => text.replace(/\s+/g, " ").trim();

// What a text in a selector asks for: contained in any case, or, when it is quoted, exactly this.
function wish(text) {
  const quoted = /^(["'])([^]*)\1$/.exec(text);
  if (quoted) {
    const exact = normal(quoted[2].replace(/\\(.)/g, "$1"));
    return { is: (other) => normal(other) === exact, holds: (other) => normal(other).includes(exact) };
  }
  const needle = normal(text).toLowerCase();
  const holds = (other) => normal(other).toLowerCase().includes(needle);
  return { is: holds, holds };
}

// The smallest elements that contain the text, or, when it is quoted, the smallest that are exactly it.
function byText(scope, text) {
  const wanted = wish(text);
  const texts = new Map(); // element → its text; each is put together once, from its children's
  const textOf = (node) => {
    let text = texts.get(node);
    if (text !== undefined) return text;
    text = "";
    if (node.nodeName === "INPUT") {
      if (/^(submit|button|reset)$/.test(node.type)) text = node.value;
    } else if (!INVISIBLE_TEXT.has(node.nodeName)) {
      for (const child of [...(node.shadowRoot ? node.shadowRoot.childNodes : []), ...node.childNodes])
        text += child.nodeType === 3 ? child.data : child.nodeType === 1 ? textOf(child) : "";
    }
    texts.set(node, text);
    return text;
  };
  const found = [];
  const visit = (node) => {
    if (!wanted.holds(textOf(node))) return false;
    let inChild = false;
    for (const child of [...(node.shadowRoot ? node.shadowRoot.children : []), ...node.children])
      inChild = visit(child) || inChild;
    if (inChild || node.nodeType !== 1 || !wanted.is(textOf(node))) return inChild;
    found.push(node);
    return true;
  };
  visit(scope);
  return found;
}

const labelled = (element, wanted) =>
  wanted.is(element.getAttribute("aria-label") || "") ||
  (element.hasAttribute("aria-labelledby") && wanted.is(referenced(element).map((one) => one.textContent).join(" "))) ||
  [...(element.labels || [])].some((label) => wanted.is(label.textContent));

// The controls whose label, as a person reads it beside them, is or contains the text.
const byLabel = (scope, text) => {
  const wanted = wish(text);
  return byCss(scope, "input,textarea,select,button,meter,output,progress,[aria-label],[aria-labelledby]")
    .filter((element) => element.type !== "hidden" && labelled(element, wanted));
};

const byPlaceholder = (scope, text) => {
  const wanted = wish(text);
  return byCss(scope, "[placeholder],[aria-placeholder]").filter((element) =>
    wanted.is(element.getAttribute("placeholder") || element.getAttribute("aria-placeholder") || ""));
};

const byTestId = (scope, text) => {
  const id = text.replace(/^(["'])([^]*)\1$/, "$2");
  return byCss(scope, `[${TEST_ID}]`).filter((element) => element.getAttribute(TEST_ID) === id);
};

// Below an element, a path from the top is one from there. XPath knows no shadow roots.
function byXpath(scope, path) {
  const here = scope !== document && path.startsWith("/") ? `.${path}` : path;
  try {
    const result = document.evaluate(here, scope, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
    const found = Array.from({ length: result.snapshotLength }, (_, i) => result.snapshotItem(i));
    return found.filter((node) => node.nodeType === 1);
  } catch {
    throw new Unusable(`"${path}" is no XPath that gives elements`);
  }
}

const engines = {
  css: byWrittenCss,
  text: byText,
  role: byRole,
  label: byLabel,
  placeholder: byPlaceholder,
  testid: byTestId,
  xpath: byXpath,
};

// What other tools have beside CSS, and what says it here.
const FOREIGN = [
  [/:(has-text|text|text-is|contains)\(/, "text=Buy finds by text"],
  [/^\(*\.?\/\//, "xpath=//li[2] finds by XPath"],
];

function byWrittenCss(scope, css) {
  try {
    return byCss(scope, css);
  } catch (error) {
    if (error.name !== "SyntaxError") throw error;
    const hint = FOREIGN.find(([pattern]) => pattern.test(css));
    throw new Unusable(`"${css}" is no CSS selector${hint ? `: ${hint[1]}` : ""}`);
  }
}

function query(scope, part) {
  if (!part) throw new Unusable("has an empty part: \" >> \" stands between two");
  const engine = /^([a-z]+)=/.exec(part);
  if (!engine) return byWrittenCss(scope, part);
  const body = part.slice(engine[0].length).trim();
  if (Object.hasOwn(engines, engine[1]) && body) return engines[engine[1]](scope, body);
  if (Object.hasOwn(engines, engine[1])) throw new Unusable(`"${part}" says nothing behind its "="`);
  throw new Unusable(`"${part}" is no selector: use CSS or one of ${Object.keys(engines).join("=, ")}=`);
}

let parsed = { selector: null, parts: null };

// Every element that the selector matches, each once.
function find(selector) {
  if (parsed.selector !== selector) parsed = { selector, parts: parts(` ${selector} `) };
  let scopes = [document];
  for (const part of parsed.parts) {
    if (scopes.length === 1 && /^i?frame$/.test(scopes[0].localName))
      throw new Unusable("looks into a frame, which is a page of its own: write ctx:frame(...) and go on from there");
    if (scopes.length === 1) {
      scopes = query(scopes[0], part);
      continue;
    }
    const found = new Set();
    for (const scope of scopes) for (const element of query(scope, part)) found.add(element);
    scopes = [...found];
  }
  return scopes;
}
