// What is called from outside: operations, and scripts of scenarios.

function attempt(operation, call) {
  try {
    return operations[operation](call);
  } catch (error) {
    if (error instanceof Unusable || error.name === "SyntaxError") return failed("invalid", error.message);
    return failed("script", String(error));
  }
}

const compiles = (source) => {
  try {
    return !!new Function(source);
  } catch {
    return false;
  }
};
const isExpression = (source) => compiles(`return (${source}\n)`);

// A window, a BigInt, or what holds itself: often the value of a script that is run for what it does.
const NO_JSON = Symbol("no JSON");
function asJson(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return NO_JSON;
  }
}

// An expression, a function that gets the argument, or statements, whose last value counts.
async function evaluate(source, argument) {
  const alone = isExpression(source);
  if (!alone && !compiles(source)) return failed("invalid", "is no JavaScript");
  let result = (0, eval)(alone ? `(${source}\n)` : source);
  if (typeof result === "function") result = result(argument);
  const text = asJson(await result);
  if (text === NO_JSON)
    return failed("script", "gives a value that JSON cannot carry: return a part of it, or end the script with null");
  if (text === undefined) return ["ok", null];
  return text.length > READING_MAX ? failed("limit", "the value is over 4 MB as JSON") : ["ok", JSON.parse(text)];
}

// Between the moment that a document takes the place of the one before and the moment that it has a body there is nothing
// to be read, found or missed. Some never have one.
const NOT_THERE = "is on a page that has no content yet";
const isThere = () => document.body !== null || document.readyState === "complete";

function onceThere(timeout, then) {
  const there = settle(timeout, () => (isThere() ? ["ok"] : NOT_THERE));
  if (Array.isArray(there)) return then();
  return there.then((answer) => (answer[0] === "deadline" ? answer : then()));
}

function evaluateUntil(source, argument, timeout) {
  let deadline;
  const late = new Promise((resolve) => {
    deadline = setTimeout(() => resolve(failed("deadline", "the script did not end")), timeout);
  });
  const run = evaluate(source, argument).catch((error) => failed("script", String(error).split("\n", 1)[0]));
  return Promise.race([run, late]).finally(() => clearTimeout(deadline));
}

// An expression or function that is asked until its value, or what its promise brings, is true. What it throws may be
// for want of something that is yet to come.
function waitForFunction(source, argument, timeout) {
  if (!isExpression(source)) return failed("invalid", "is no expression and no function in JavaScript");
  const read = (0, eval)(`() => (${source}\n)`);
  let isPending = false, holds = false, why = "is not true";
  const tryOnce = (look) => {
    if (!isThere()) return NOT_THERE;
    if (holds) return ["ok"];
    if (isPending) return why;
    try {
      let result = read();
      if (typeof result === "function") result = result(argument);
      if (!result || typeof result.then !== "function") return result ? ["ok"] : (why = "is not true");
      isPending = true;
      const settled = (isTrue, because) => {
        isPending = false;
        holds = isTrue;
        why = because;
        if (holds) look();
      };
      result.then((value) => settled(!!value, "is not true"), (error) => settled(false, `throws ${error}`));
      return why;
    } catch (error) {
      return (why = `throws ${error}`);
    }
  };
  return settle(timeout, tryOnce, (passed) => Math.min(Math.max(passed / 10, 10), LOOK_AGAIN_MS));
}

// These belong to the press before them.
const CONFIRMS = new Set(["pressed", "checked", "unchecked", "drop"]);

function liveload(operation, timeout, selector, text, argument, options = {}) {
  if (operation === "tell") return observer.flush(); // and it disturbs nothing that is under way
  if (operation === "finish") return observer.finish();
  if (giveUp) giveUp();
  if (!CONFIRMS.has(operation)) {
    aim = null;
    liveview.called(operation);
  }
  hasJumped = false;
  if (operation === "reset_context_storage") return databasesAnswer(timeout);
  if (operation === "evaluate") return onceThere(timeout, () => evaluateUntil(text, argument, timeout));
  if (operation === "wait_for_function") return waitForFunction(text, argument, timeout);
  const call = { selector, text, argument, options };
  return settle(timeout, () => (isThere() ? attempt(operation, call) : NOT_THERE));
}

Object.defineProperty(window, "__liveload", { value: liveload });
