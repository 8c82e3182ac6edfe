// What LiveLoad puts into each page: it finds elements, waits until something can be done with them, and reads them.
//
// One call per operation, from Runtime.evaluate: __liveload(operation, timeout, selector, text, argument, options), as
// operations.def and options.def have them; a second selector comes as the text. It answers with an array, at once or
// as a promise: ["ok", value], or ["ok", null, input, x, y] when real input is to be sent, or with "came" for "ok" when
// it had to wait, or [why it failed, a sentence]. Waiting happens here, on the page's own events, with
// the deadline kept here too: nothing outside asks again and again. It lives in the page's own world, so it keeps its
// own references to what pages like to replace, and it changes nothing that a page can see but one property that no
// enumeration shows.
(() => {
  "use strict";
  if (window !== window.top || window.__liveload) return; // frames within a page are not driven

  const { MutationObserver, Promise, setTimeout, clearTimeout, setInterval, clearInterval } = window;
  const READING_MAX = 4 * 1024 * 1024;
  // What may change without any event that could be listened to (a style sheet changed by script, say) is seen by
  // looking again this often.
  const LOOK_AGAIN_MS = 200;
  const EVENTS = ["load", "transitionend", "transitioncancel", "animationend", "animationcancel", "toggle", "resize",
    "scroll", "input", "change", "focusin", "focusout", "DOMContentLoaded", "readystatechange"];

  const failed = (status, why) => [status, why];
  const INVISIBLE_TEXT = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD"]);

  // --- Finding ------------------------------------------------------------------------------------------------------

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

  // --- Judging ------------------------------------------------------------------------------------------------------

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

  // --- Doing --------------------------------------------------------------------------------------------------------

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

  // --- Waiting ------------------------------------------------------------------------------------------------------

  function attempt(operation, ...args) {
    try {
      return operations[operation](...args);
    } catch (error) {
      if (error instanceof Unusable || error.name === "SyntaxError") return failed("invalid", error.message);
      return failed("script", String(error));
    }
  }

  let giveUp = null; // of the wait in flight; another operation ends it

  function settle(timeout, tryOnce) {
    let outcome = tryOnce();
    if (typeof outcome !== "string") return outcome;
    return new Promise((resolve) => {
      const finish = (answer) => {
        observer.disconnect();
        clearTimeout(deadline);
        clearInterval(again);
        for (const type of EVENTS) removeEventListener(type, look, true), document.removeEventListener(type, look, true);
        giveUp = null;
        if (answer[0] === "ok") answer[0] = "came";
        resolve(answer);
      };
      // A mutation observer does not see into shadow roots: each is observed once it is there.
      const observed = new Set();
      const observe = () => {
        for (const root of roots(document)) {
          if (root === document || root.nodeType === 11) {
            if (observed.has(root)) continue;
            observed.add(root);
            observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
          }
        }
      };
      const look = () => {
        outcome = tryOnce();
        if (typeof outcome !== "string") finish(outcome);
        else observe();
      };
      const observer = new MutationObserver(look);
      const deadline = setTimeout(() => finish(failed("deadline", outcome)), timeout);
      const again = setInterval(look, LOOK_AGAIN_MS);
      for (const type of EVENTS) addEventListener(type, look, true), document.addEventListener(type, look, true);
      giveUp = () => finish(failed("deadline", outcome));
      observe();
    });
  }

  // --- Scripts of scenarios -----------------------------------------------------------------------------------------

  // An expression, a function that gets the argument, or statements, whose last value counts.
  const compiles = (source) => {
    try {
      return !!new Function(source);
    } catch {
      return false;
    }
  };

  async function evaluate(source, argument) {
    const isExpression = compiles(`return (${source}\n)`);
    if (!isExpression && !compiles(source)) return failed("invalid", "is no JavaScript");
    let result = (0, eval)(isExpression ? `(${source}\n)` : source);
    if (typeof result === "function") result = result(argument);
    const text = JSON.stringify(await result);
    if (text === undefined) return ["ok", null];
    return text.length > READING_MAX ? failed("limit", "the value is over 4 MB as JSON") : ["ok", JSON.parse(text)];
  }

  function evaluateUntil(source, argument, timeout) {
    let deadline;
    const late = new Promise((resolve) => {
      deadline = setTimeout(() => resolve(failed("deadline", "the script did not end")), timeout);
    });
    const run = evaluate(source, argument).catch((error) => failed("script", String(error)));
    return Promise.race([run, late]).finally(() => clearTimeout(deadline));
  }

  function liveload(operation, timeout, ...call) {
    if (giveUp) giveUp();
    if (operation === "evaluate") return evaluateUntil(call[1], call[2], timeout);
    return settle(timeout, () => attempt(operation, ...call));
  }

  Object.defineProperty(window, "__liveload", { value: liveload });
})();
