// A value of the page as plain data, as JSON has it: docs/SCENARIOS.md says what each type becomes. JSON.stringify itself
// asks the page's prototypes for toJSON, and some libraries put one on all lists.

const DEPTH_MAX = 100, READING_MAX = 4 * 1024 * 1024;
const WAY_OUT = ": return a part of it, or end the script with null"; // many a script is run for what it does

class Unsayable { // what is thrown where a value has no such form
  constructor(status, why) {
    this.answer = [status, why];
  }
}

const { isArray } = Array, { keys } = Object;
const { getTime, toISOString } = Date.prototype;

function dateText() {
  const time = apply(getTime, this, []);
  return time === time ? apply(toISOString, this, []) : null;
}

// What stands for something simpler, by its prototype: a method that gives this.
const SIMPLER = [[Date.prototype, dateText]];
for (const { prototype } of [Number, String, Boolean]) SIMPLER.push([prototype, prototype.valueOf]);
const SIMPLER_COUNT = SIMPLER.length;

let room = 0; // characters that the value may still have

function take(size) {
  room -= size;
  if (room < 0) throw new Unsayable("limit", "the value is over 4 MB as JSON");
}

const put = (into, key, value) =>
  defineProperty(into, key, { __proto__: null, value, enumerable: true, writable: true, configurable: true });

// The method by which an object says itself what it is: of a date and such, or a toJSON of its own or of its class, but
// not one that all objects have.
function simplerOf(value) {
  for (let at = value; at !== null; at = getPrototypeOf(at)) {
    for (let i = 0; i < SIMPLER_COUNT; i++) if (SIMPLER[i][0] === at) return SIMPLER[i][1];
    const isLast = at !== value && getPrototypeOf(at) === null;
    if (!isLast && getOwnPropertyDescriptor(at, "toJSON")) return value.toJSON;
  }
  return undefined;
}

function plainArray(value, within) {
  const { length } = value, copy = [];
  for (let i = 0; i < length; i++) {
    const item = plain(value[i], within);
    put(copy, i, item === undefined ? null : item);
  }
  return copy;
}

function plainObject(value, within) {
  const copy = {}, names = keys(value);
  for (let i = 0; i < names.length; i++) {
    const item = plain(value[names[i]], within);
    if (item === undefined) continue;
    take(names[i].length + 4);
    put(copy, names[i], item);
  }
  return copy;
}

// `within` are the objects around it, the innermost first. What JSON leaves out is undefined.
function plain(value, within) {
  take(2);
  if (typeof value === "string") {
    take(value.length);
    return value;
  }
  if (typeof value === "number") return value - value === 0 ? value + 0 : null; // no NaN, no infinity
  if (typeof value === "bigint") return plain(`${value}`, within);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value !== "object") return undefined;
  const depth = within === null ? 1 : within.depth + 1;
  for (let at = within; at !== null; at = at.around)
    if (at.value === value) throw new Unsayable("script", `gives a value that holds itself${WAY_OUT}`);
  if (depth > DEPTH_MAX) throw new Unsayable("script", `gives a value that nests over ${DEPTH_MAX} deep${WAY_OUT}`);
  const here = { __proto__: null, value, around: within, depth };
  if (isArray(value)) return plainArray(value, here);
  const simpler = simplerOf(value);
  return typeof simpler === "function" ? plain(apply(simpler, value, [""]), here) : plainObject(value, here);
}

function answerOf(value) {
  room = READING_MAX;
  const copy = plain(value, null);
  return ["ok", copy === undefined ? null : copy];
}
