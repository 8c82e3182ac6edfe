// What is called from outside.

function attempt(operation, call) {
  try {
    return operations[operation](call);
  } catch (error) {
    if (error instanceof Unusable || error.name === "SyntaxError") return failed("invalid", error.message);
    return failed("script", String(error));
  }
}

// Between the moment that a document takes the place of the one before and the moment that it has a body there is nothing
// to be read, found or missed. Some never have one.
const NOT_THERE = "is on a page that has no content yet";
const isThere = () => document.body !== null || document.readyState === "complete";

// These belong to the press before them.
const CONFIRMS = new Set(["pressed", "checked", "unchecked", "drop"]);

// An operation begins, here or in the page's own world.
function begins(operation) {
  if (giveUp) giveUp();
  hasJumped = false;
  if (CONFIRMS.has(operation)) return;
  aim = null;
  liveview.called(operation);
}

hear("called", begins);

function liveload(operation, timeout, selector, text, argument, options = {}) {
  if (operation === "tell") return observer.flush(); // and it disturbs nothing that is under way
  if (operation === "finish") return observer.finish();
  if (Object.hasOwn(scripts, operation)) return scripts[operation](timeout, argument);
  begins(operation);
  if (operation === "reset_context_storage") return databasesAnswer(timeout);
  const call = { selector, text, argument, options };
  return settle(timeout, () => (isThere() ? attempt(operation, call) : NOT_THERE));
}

// Once there is something, a script of a scenario can be run on it.
operations.content = () => ["ok"];

Object.defineProperty(window, "__liveload", { value: liveload });
