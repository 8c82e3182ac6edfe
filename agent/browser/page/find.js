// Finding elements: selectors.

const INVISIBLE_TEXT = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD"]);

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

// The smallest elements that contain the text, or, when it is quoted, the smallest that are exactly it.
function byText(scope, wanted) {
  const quoted = /^(["'])([^]*)\1$/.exec(wanted);
  const needle = quoted ? normal(quoted[2].replace(/\\(.)/g, "$1")) : normal(wanted).toLowerCase();
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
    const text = quoted ? normal(textOf(node)) : normal(textOf(node)).toLowerCase();
    if (!text.includes(needle)) return false;
    let inChild = false;
    for (const child of [...(node.shadowRoot ? node.shadowRoot.children : []), ...node.children])
      inChild = visit(child) || inChild;
    if (inChild || node.nodeType !== 1 || (quoted && text !== needle)) return inChild;
    found.push(node);
    return true;
  };
  visit(scope);
  return found;
}

function query(scope, part) {
  const engine = /^([a-z]+)=/.exec(part);
  if (!engine) return byCss(scope, part);
  const body = part.slice(engine[0].length);
  if (engine[1] === "text" && body) return byText(scope, body);
  if (engine[1] === "css") return byCss(scope, body);
  throw new Unusable(`"${part}" is no selector: use CSS or text=…`);
}

let parsed = { selector: null, parts: null };

function find(selector) {
  if (parsed.selector !== selector) parsed = { selector, parts: parts(selector) };
  let scopes = [document];
  for (const part of parsed.parts) {
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
