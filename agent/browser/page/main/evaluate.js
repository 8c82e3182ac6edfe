// Scripts of scenarios: ctx:evaluate and ctx:wait_for_function. They are compiled here, while Runtime.evaluate calls, since
// that alone is allowed to where the page's Content Security Policy is not. What does not end at once has a number, by
// which LiveLoad's world waits for it (../script.js).
//
//     __liveload("evaluate" or "wait_for_function", source, argument)
//
// gives what an operation answers, or ["later", its number], or ["early"] where there is no document yet to be asked.

const { prototype: promisePrototype } = Promise, { then } = promisePrototype;
const getBody = getterOf(Document.prototype, "body"), getReadyState = getterOf(Document.prototype, "readyState");
const ERRORS = [[Error.prototype, "Error"]];
for (const error of [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])
  ERRORS.push([error.prototype, error.name]);
const ERRORS_COUNT = ERRORS.length;

// --- What it throws -------------------------------------------------------------------------------------------------

const ownText = (object, name) => {
  const value = getOwnPropertyDescriptor(object, name)?.value;
  return typeof value === "string" ? value : undefined;
};

// The name of an error by itself or its class.
function nameOf(error) {
  for (let at = error; at !== null; at = getPrototypeOf(at)) {
    for (let i = 0; i < ERRORS_COUNT; i++) if (ERRORS[i][0] === at) return ERRORS[i][1];
    const name = ownText(at, "name");
    if (name !== undefined) return name;
  }
  return undefined;
}

function describe(error) {
  try {
    const isObject = typeof error === "object" && error !== null;
    const name = isObject ? nameOf(error) : undefined, message = isObject ? ownText(error, "message") : undefined;
    if (name === undefined || message === undefined) return `${error}`;
    return message === "" ? name : `${name}: ${message}`;
  } catch {
    return "what has no text";
  }
}

// --- Running it -----------------------------------------------------------------------------------------------------

const compiles = (source) => {
  try {
    return !!new Function(source);
  } catch {
    return false;
  }
};
const isExpression = (source) => compiles(`return (${source}\n)`);

// The one that is waited for: { number, read, isPending, answer }. The next takes its place.
let script = null, count = 0;

const attempt = (what) => {
  try {
    return what();
  } catch (error) {
    return error instanceof Unsayable ? error.answer : ["script", describe(error)];
  }
};

function isPromise(value) {
  for (let at = value; at !== null; at = getPrototypeOf(at)) if (at === promisePrototype) return true;
  return false;
}

// Has what a promise brings handed to one of the two, and tells whether the value is one, of the browser's or of others.
// The browser's then() asks the promise for its class, by the page's Promise.prototype unless it says so itself.
function follow(value, take, fail) {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  const isOurs = isPromise(value), theirs = isOurs ? then : value.then;
  if (typeof theirs !== "function") return false;
  const says = isOurs && isExtensible(value) && !getOwnPropertyDescriptor(value, "constructor");
  if (says) defineProperty(value, "constructor", { __proto__: null, value: undefined, configurable: true });
  apply(theirs, value, [take, fail]);
  if (says) deleteProperty(value, "constructor");
  return true;
}

function settled(mine, answer) {
  if (script !== mine) return;
  mine.isPending = false;
  mine.answer = answer;
  if (answer[0] !== "later") tell("settled");
}

// An expression, a function that gets the argument, or statements, whose last value counts.
function evaluate(source, argument) {
  const alone = isExpression(source);
  if (!alone && !compiles(source)) return ["invalid", "is no JavaScript"];
  let value = run(alone ? `(${source}\n)` : source);
  if (typeof value === "function") value = value(argument);
  const mine = { __proto__: null, number: ++count, read: null, isPending: true, answer: null };
  const take = (brought) => settled(mine, attempt(() => answerOf(brought)));
  if (!follow(value, take, (error) => settled(mine, ["script", describe(error)]))) return answerOf(value);
  script = mine;
  return ["later", mine.number];
}

// Whether it is true now. It may throw because something is not there yet.
function look(mine) {
  if (mine.isPending || mine.answer[0] === "ok") return mine.answer;
  try {
    const value = mine.read();
    const judge = (brought) => (brought ? ["ok"] : ["later", "is not true"]);
    const take = (brought) => settled(mine, judge(brought));
    mine.isPending = follow(value, take, (error) => settled(mine, ["later", `throws ${describe(error)}`]));
    if (!mine.isPending) mine.answer = judge(value);
  } catch (error) {
    mine.answer = ["later", `throws ${describe(error)}`];
  }
  return mine.answer;
}

// An expression or function that is asked until its value, or what its promise brings, is true.
function waitForFunction(source, argument) {
  if (!isExpression(source)) return ["invalid", "is no expression and no function in JavaScript"];
  const get = run(`() => (${source}\n)`);
  const read = () => {
    const value = get();
    return typeof value === "function" ? value(argument) : value;
  };
  const mine = { __proto__: null, number: ++count, read, isPending: false, answer: ["later", "is not true"] };
  script = mine;
  return look(mine)[0] === "ok" ? ["ok"] : ["later", mine.number];
}

hear("ask", (number) => {
  const mine = script;
  if (mine === null || mine.number !== number) tell("answer", ["script", "another script has taken its place"]);
  else if (mine.read) tell("answer", look(mine));
  else tell("answer", mine.isPending ? ["later"] : mine.answer);
});

const isThere = () => apply(getBody, document, []) !== null || apply(getReadyState, document, []) === "complete";

function liveload(operation, source, argument) {
  if (!isThere()) return ["early"];
  tell("called", operation);
  return attempt(() => (operation === "evaluate" ? evaluate : waitForFunction)(source, argument));
}

Object.defineProperty(window, "__liveload", { value: liveload });
