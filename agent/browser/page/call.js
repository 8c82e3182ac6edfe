// What is called from outside: operations, and scripts of scenarios.

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
  if (operation === "tell") return observer.flush(); // and it disturbs nothing that is under way
  if (operation === "finish") return observer.finish();
  if (giveUp) giveUp();
  liveview.called(operation);
  if (operation === "evaluate") return evaluateUntil(call[1], call[2], timeout);
  return settle(timeout, () => attempt(operation, ...call));
}

Object.defineProperty(window, "__liveload", { value: liveload });
