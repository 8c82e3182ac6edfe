// CSS beyond the browser's own: combinators that cross open shadow roots, :visible and :has-text("…").
//
// A selector is read into its compounds (li.done[title]). The browser is asked whether an element is one; what stands
// between them is followed here, from the top of a shadow root on to its host. Where a selector needs none of that, the
// browser does all of it (find.js).

const OWN_PSEUDOS = /:(has-text|visible)(?![-\w])/i;
const LISTS = /^(is|where|not|has)$/; // pseudo-classes with a list of selectors

const isScope = (element, { scope }) => element === (scope === document ? document.documentElement : scope);

function cssString(text) {
  const quoted = /^(["'])([^]*)\1$/.exec(text);
  const point = (hex) => parseInt(hex, 16) > 0x10ffff ? 0xfffd : parseInt(hex, 16);
  return quoted && quoted[2].replace(/\\(?:([0-9a-f]{1,6})\s?|([^]))/gi, (_, hex, c) => c ?? String.fromCodePoint(point(hex)));
}

function textTest(text) {
  const wanted = cssString(text ?? "");
  if (wanted === null) throw new Unusable(`":has-text(${text ?? ""})" needs a text in quotes: :has-text("Save")`);
  const needle = normal(wanted).toLowerCase();
  return (element, { textOf }) => normal(textOf(element)).toLowerCase().includes(needle);
}

function listTest(name, list) {
  if (name === "has") return (element, query) => list.some((steps) => holds(element, steps, query));
  const isOne = (element, query) => list.some((steps) => matchesCss(element, steps, query));
  return name === "not" ? (element, query) => !isOne(element, query) : isOne;
}

// Throws what the browser throws where there is no selector. `isRelative`: as in :has(> b).
class CssReader {
  constructor(css, isRelative = false) {
    this.css = css;
    this.at = 0;
    this.isRelative = isRelative;
  }

  wrong() {
    return new DOMException(`"${this.css}" is no CSS selector`, "SyntaxError");
  }

  next() {
    return this.css[this.at] ?? "";
  }

  skipSpace() {
    const start = this.at;
    while (/\s/.test(this.next())) this.at++;
    return this.at > start;
  }

  // From an opening bracket to behind its closing one.
  skipBrackets() {
    const close = this.next() === "[" ? "]" : ")";
    let quote = "";
    for (this.at++; this.at < this.css.length;) {
      const c = this.next();
      if (!quote && /[[(]/.test(c)) {
        this.skipBrackets();
        continue;
      }
      this.at += c === "\\" ? 2 : 1;
      if (quote) quote = c === quote ? "" : quote;
      else if (c === '"' || c === "'") quote = c;
      else if (c === close) return;
    }
    throw this.wrong();
  }

  pseudo(step) {
    const start = this.at;
    const [text, name] = /^::?([-\w]*)/.exec(this.css.slice(start));
    this.at += text.length;
    let argument = null;
    if (this.next() === "(") {
      const open = this.at;
      this.skipBrackets();
      argument = this.css.slice(open + 1, this.at - 1).trim();
    }
    const key = name.toLowerCase();
    if (key === "visible" && argument === null) step.tests.push(isVisible);
    else if (key === "scope" && argument === null) step.tests.push(isScope);
    else if (key === "has-text") step.tests.push(textTest(argument));
    else if (LISTS.test(key) && argument) step.tests.push(listTest(key, new CssReader(argument, key === "has").list()));
    else step.native += this.css.slice(start, this.at);
  }

  // li.done:visible → { native: "li.done", tests: [isVisible] }
  compound() {
    const step = { combinator: "", native: "", tests: [] }, begin = this.at;
    while (this.at < this.css.length && !/[\s>+~,]/.test(this.next())) {
      const start = this.at;
      if (this.next() === ":") {
        this.pseudo(step);
        continue;
      }
      if (this.next() === "[") this.skipBrackets();
      else this.at += this.next() === "\\" ? 2 : 1;
      step.native += this.css.slice(start, this.at);
    }
    if (this.at === begin) throw this.wrong();
    step.native ||= "*";
    document.createDocumentFragment().querySelector(step.native);
    return step;
  }

  combinator(otherwise) {
    if (!/[>+~]/.test(this.next())) return otherwise;
    return this.css[this.at++];
  }

  // ul > li.done → its compounds, each with the combinator before it.
  complex() {
    const steps = this.isRelative ? [{ combinator: "", native: "*", tests: [isScope] }] : [];
    this.skipSpace();
    let combinator = this.isRelative ? this.combinator(" ") : "";
    for (;;) {
      this.skipSpace();
      steps.push({ ...this.compound(), combinator });
      this.skipSpace();
      if (this.next() === "" || this.next() === ",") break;
      combinator = this.combinator(" ");
    }
    const saysScope = steps.some((step, i) => i > 0 && step.tests.includes(isScope));
    return this.isRelative && saysScope ? [{ ...steps[1], combinator: "" }, ...steps.slice(2)] : steps;
  }

  list() {
    const found = [];
    do found.push(this.complex()); while (this.css[this.at++] === ",");
    return found;
  }
}

const parentOf = (element) => element.parentElement ?? element.parentNode?.host ?? null;

const WAYS = {
  " ": function* (element) {
    while ((element = parentOf(element))) yield element;
  },
  ">": function* (element) {
    const parent = parentOf(element);
    if (parent) yield parent;
  },
  "+": function* (element) {
    if (element.previousElementSibling) yield element.previousElementSibling;
  },
  "~": function* (element) {
    while ((element = element.previousElementSibling)) yield element;
  },
};

// Whether the element is what the steps up to number `last` end with. Each answer is kept for the query, so that long
// chains in deep pages stay cheap.
function matchesCss(element, steps, query, last = steps.length - 1) {
  const step = steps[last];
  let known = query.known.get(step);
  if (!known) query.known.set(step, known = new Map());
  let answer = known.get(element);
  if (answer !== undefined) return answer;
  answer = element.matches(step.native) && step.tests.every((test) => test(element, query));
  if (answer && last > 0) {
    answer = false;
    for (const other of WAYS[step.combinator](element)) if ((answer = matchesCss(other, steps, query, last - 1))) break;
  }
  known.set(element, answer);
  return answer;
}

const ends = (list) => list.map((steps) => steps.at(-1).native).join(",");

function holds(element, steps, { textOf }) {
  const query = { scope: element, textOf, known: new Map() };
  const within = steps.some((step) => /[+~]/.test(step.combinator)) && element.parentNode ? element.parentNode : element;
  return byCss(within, ends([steps])).some((other) => matchesCss(other, steps, query));
}

let read = { css: null, list: null };

function byOwnCss(scope, css, all) {
  if (read.css !== css) read = { css, list: new CssReader(css).list() };
  const query = { scope, textOf: textReader(), known: new Map() };
  return byCss(scope, ends(read.list), all).filter((element) => read.list.some((steps) => matchesCss(element, steps, query)));
}
