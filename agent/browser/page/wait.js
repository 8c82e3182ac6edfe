// Waiting until an operation can be done.

// What may change without any event that could be listened to (a style sheet changed by script, say) is seen by
// looking again this often.
const LOOK_AGAIN_MS = 200;
const EVENTS = ["load", "transitionend", "transitioncancel", "animationend", "animationcancel", "toggle", "resize",
  "scroll", "input", "change", "focusin", "focusout", "DOMContentLoaded", "readystatechange"];

// Where scripts are off no timer runs, and nothing changes any more once the document is complete.
const areScriptsOff = () => port !== null && askMain(0) === null;
const scriptsOff = (why) => failed("precondition", `${why}, and scripts are off there (a sandbox without allow-scripts): ` +
  "LiveLoad cannot wait for anything in it");

let giveUp = null; // of the wait in flight; another operation ends it

// `tryOnce` answers, or says what it waits for; it may have us look once more. `pace` says after how many milliseconds
// to look again when nothing has happened, from how many have passed.
function settle(timeout, tryOnce, pace = () => LOOK_AGAIN_MS) {
  let look = () => {};
  let outcome = tryOnce(() => look());
  if (typeof outcome !== "string") return outcome;
  const isOff = areScriptsOff(), isComplete = () => document.readyState === "complete";
  if (isOff && isComplete()) return scriptsOff(outcome);
  return new Promise((resolve) => {
    const began = performance.now();
    let again = 0;
    const finish = (answer) => {
      look = () => {};
      observer.disconnect();
      clearTimeout(deadline);
      clearTimeout(again);
      for (const type of EVENTS) removeEventListener(type, lookNow, true), document.removeEventListener(type, lookNow, true);
      giveUp = null;
      if (answer[0] === "ok") answer[0] = "came";
      resolve(answer);
    };
    // A mutation observer does not see into shadow roots: each is observed once it is there.
    const observed = new Set();
    const observe = () => {
      for (const root of roots(document)) {
        if ((root !== document && root.nodeType !== 11) || observed.has(root)) continue;
        observed.add(root);
        observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
      }
    };
    look = () => {
      outcome = tryOnce(() => look());
      if (typeof outcome !== "string") finish(outcome);
      else if (isOff && isComplete()) finish(scriptsOff(outcome));
    };
    const lookNow = () => look();
    const lookAgain = () => {
      look();
      if (!giveUp) return;
      observe();
      again = setTimeout(lookAgain, pace(performance.now() - began));
    };
    const observer = new MutationObserver((records) => {
      look();
      if (giveUp && records.some((record) => record.addedNodes.length)) observe();
    });
    const deadline = setTimeout(() => finish(failed("deadline", outcome)), timeout);
    for (const type of EVENTS) addEventListener(type, lookNow, true), document.addEventListener(type, lookNow, true);
    giveUp = () => finish(failed("deadline", outcome));
    again = setTimeout(lookAgain, pace(0));
    observe();
  });
}
