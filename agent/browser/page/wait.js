// Waiting until an operation can be done.

// What may change without any event that could be listened to (a style sheet changed by script, say) is seen by
// looking again this often.
const LOOK_AGAIN_MS = 200;
const EVENTS = ["load", "transitionend", "transitioncancel", "animationend", "animationcancel", "toggle", "resize",
  "scroll", "input", "change", "focusin", "focusout", "DOMContentLoaded", "readystatechange"];

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
