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

// A form's fields hide what the form has by the same name, as <input name=children> does.
const { get: childElements } = Object.getOwnPropertyDescriptor(Element.prototype, "children");
const childrenOf = (node) => node.nodeType === 1 ? childElements.call(node) : node.children;

// These elements in the order of the document: what is in an element comes before what is in its shadow root.
function inOrder(scope, elements, into = []) {
  for (const child of childrenOf(scope)) {
    if (elements.has(child)) into.push(child);
    inOrder(child, elements, into);
  }
  if (scope.shadowRoot) inOrder(scope.shadowRoot, elements, into);
  return into;
}

function byCss(scope, css, all = roots(scope)) {
  const found = all.map((root) => root.querySelectorAll(css)).filter((list) => list.length > 0);
  if (found.length < 2) return [...(found[0] ?? [])];
  return inOrder(scope, new Set(found.flatMap((list) => [...list])));
}

// As a person reads it: without soft hyphens and spaces of no width.
const normal = (text) => text.replace(/[\u00ad\u200b]/g, "").replace(/\s+/g, " ").trim();

function asPattern(text) {
  const parts = /^\/([^]+)\/([dgimsuvy]*)$/.exec(text);
  return parts && new RegExp(parts[1], parts[2].replace(/[gy]/g, ""));
}

// What a text in a selector asks for: contained in any case; quoted, exactly this; or what a /pattern/ matches.
// `within` is false where no part of the text can be it.
function wish(text) {
  const pattern = asPattern(text);
  if (pattern) return { is: (other) => pattern.test(normal(other)), within: () => true, isExact: false };
  const quoted = /^(["'])([^]*)\1$/.exec(text);
  if (quoted) {
    const exact = normal(quoted[2].replace(/\\(.)/g, "$1"));
    return { is: (other) => normal(other) === exact, within: (other) => normal(other).includes(exact), isExact: true };
  }
  const needle = normal(text).toLowerCase();
  const within = (other) => normal(other).toLowerCase().includes(needle);
  return { is: within, within, isExact: false };
}

// Reads elements' texts; each is put together once, from its children's.
function textReader() {
  const texts = new Map();
  return function textOf(node) {
    let text = texts.get(node);
    if (text !== undefined) return text;
    text = "";
    if (node.nodeName === "INPUT") {
      if (/^(submit|button|reset)$/.test(node.type)) text = node.value;
    } else if (!INVISIBLE_TEXT.has(node.nodeName)) {
      for (const child of node.shadowRoot ? [...node.childNodes, ...node.shadowRoot.childNodes] : node.childNodes)
        text += child.nodeType === 3 ? child.data : child.nodeType === 1 ? textOf(child) : "";
    }
    texts.set(node, text);
    return text;
  };
}

// Its own texts, between its child elements.
function ownTexts(node) {
  const texts = [""];
  if (INVISIBLE_TEXT.has(node.nodeName)) return texts;
  for (const child of node.childNodes) {
    if (child.nodeType === 3) texts.push(texts.pop() + child.data);
    if (child.nodeType === 1) texts.push("");
  }
  return texts;
}

// The smallest elements whose text is as wished; for a quoted text also those that have it beside child elements.
function byText(scope, text) {
  const wanted = wish(text), textOf = textReader(), found = [];
  const hasOwn = (node) => wanted.isExact && (node.firstElementChild || node.shadowRoot) && ownTexts(node).some((own) => own.trim() && wanted.is(own));
  const visit = (node) => {
    if (!wanted.within(textOf(node))) return false;
    const place = found.length;
    let isFound = false;
    for (const child of childrenOf(node)) isFound = visit(child) || isFound;
    if (node.shadowRoot) isFound = visit(node.shadowRoot) || isFound;
    if (node.nodeType !== 1 || !(hasOwn(node) || (!isFound && wanted.is(textOf(node))))) return isFound;
    found.splice(place, 0, node);
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

// Those with one of these attributes whose text is as wished.
const byAttribute = (...names) => (scope, text) => {
  const wanted = wish(text);
  return byCss(scope, names.map((name) => `[${name}]`).join(",")).filter((element) =>
    wanted.is(names.map((name) => element.getAttribute(name)).find(Boolean) ?? ""));
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
  placeholder: byAttribute("placeholder", "aria-placeholder"),
  testid: byTestId,
  xpath: byXpath,
  alt: byAttribute("alt"),
  title: byAttribute("title"),
};

// What other tools have beside CSS, and what says it here.
const FOREIGN = [
  [/:nth-match\(/, "li >> nth=0 is the first of several"],
  [/:(text|text-is|text-matches|contains)\(/, 'text=Buy and :has-text("Buy") find by text'],
  [/^\(*\.?\/\//, "xpath=//li[2] finds by XPath"],
];

// What the browser cannot do alone: pseudo-classes of ours, and combinators where there are shadow roots.
function byWrittenCss(scope, css) {
  const all = roots(scope);
  const crosses = (all.length > 1 || scope.getRootNode() !== document) && /[\s>+~:]/.test(css);
  try {
    return crosses || OWN_PSEUDOS.test(css) ? byOwnCss(scope, css, all) : byCss(scope, css, all);
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

// first, last, nth=2 and nth=-1 pick one of what the parts before them match: where it stands, or null.
function pickOf(part) {
  if (part === "first") return 0;
  if (part === "last") return -1;
  if (!part.startsWith("nth=")) return null;
  if (/^nth= *-?\d{1,9}$/.test(part)) return Number(part.slice(4));
  throw new Unusable(`"${part}" is no selector: nth=0 is the first, nth=-1 the last`);
}

let parsed = { selector: null, parts: null };

// Every element that the selector matches, each once, in the order of the document.
function find(selector) {
  if (parsed.selector !== selector) parsed = { selector, parts: parts(` ${selector} `) };
  let scopes = [document];
  for (const [i, part] of parsed.parts.entries()) {
    const pick = pickOf(part);
    if (pick !== null && i === 0) throw new Unusable(`"${part}" stands behind what it picks from: li >> ${part}`);
    if (pick !== null) {
      scopes = [scopes.at(pick)].filter(Boolean);
      continue;
    }
    if (scopes.length === 1 && /^i?frame$/.test(scopes[0].localName))
      throw new Unusable("looks into a frame, which is a page of its own: write ctx:frame(...) and go on from there");
    if (scopes.length === 1) {
      scopes = query(scopes[0], part);
      continue;
    }
    const found = new Set();
    for (const scope of scopes) for (const element of query(scope, part)) found.add(element);
    scopes = inOrder(document, found);
  }
  return scopes;
}
