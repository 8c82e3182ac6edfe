// cost.mjs FOLDER PAIRS: see observer_cost.sh.
//
// One tab on the shop's page of rows, with the page's script in it, whose observers and listeners the benchmark can still
// and wake again: it hands the script observers and an addEventListener of its own, and takes them away before the page's
// scripts run. A turn is one change of all rows by LiveView's own client, up to the frame that shows it; so that nobody waits,
// the client is given two changes that came from the shop, in turns. A click on a row with every fourth goes to the shop.
// What is measured is how long the main thread was busy, in processor time, so that other programs do not count.
//
// Turns alternate between awake and still, so that both have the same document, the same compiled code and the same
// moment. One figure is the middle of what pairs of neighbours differ by; pairs of two still turns, taken among the others,
// tell what that is good for, which on a busy machine is little. The other is how much of the awake turns went by inside
// the script's own functions: it is exact, but leaves out what the browser does for them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "./chromium.mjs";

const WARM_TURNS = 10, CLICK = 4, EVERY_MS = 500, REACH = 2;
const [folder, pairs] = [process.argv[2], Number(process.argv[3])];
const script = readFileSync(join(folder, "../agent/browser/ll_world_script.js"), "utf8");
const port = 20000 + (process.pid % 20000);

// What the page's script gets in the place of the browser's own, and `wake`, which stills and wakes it.
const before = `{
  const natives = { MutationObserver, PerformanceObserver, addEventListener: EventTarget.prototype.addEventListener };
  const watching = []; // [observer, its observe() calls]
  let isAwake = true;
  window.spent = 0; // ms inside the script's functions
  const timed = (callback) => (...args) => {
    const start = performance.now();
    callback(...args);
    spent += performance.now() - start;
  };
  for (const name of ["MutationObserver", "PerformanceObserver"])
    window[name] = class extends natives[name] {
      constructor(callback) { super(timed(callback)); watching.push([this, this.calls = []]) }
      observe(...call) { this.calls.push(call); if (isAwake) super.observe(...call) }
      disconnect() { if (!this.stilled) this.calls.length = 0; super.disconnect() }
    };
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    return natives.addEventListener.call(this, type, timed((event) => { if (isAwake) listener(event) }), options);
  };
  window.wake = (on) => {
    isAwake = on;
    for (const [observer, calls] of watching) {
      observer.stilled = true;
      observer.disconnect();
      if (on) for (const [target, options] of calls)
        natives[options ? "MutationObserver" : "PerformanceObserver"].prototype.observe.call(observer,
          options ? target : { ...target, buffered: false }, options);
      observer.stilled = false;
    }
    return watching.length;
  };
  window.restore = () => {
    Object.assign(window, { MutationObserver: natives.MutationObserver, PerformanceObserver: natives.PerformanceObserver });
    EventTarget.prototype.addEventListener = natives.addEventListener;
  };
}`;

const shop = spawn(join(folder, "liveload-shop"), ["--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
await once(shop.stdout, "data");
const browser = chromium(process.env.LIVELOAD_BROWSER || "/usr/lib/chromium/chromium-headless-shell");

const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
const send = (method, params) => browser.send(method, params, sessionId);

async function run(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}

const busy = async () => (await send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value;

let turns = 0;

// Milliseconds of processor time.
async function turn(isAwake) {
  await run(`wake(${isAwake})`);
  const start = await busy();
  await run(`turn(${turns++})`);
  return (await busy() - start) * 1000;
}

const middle = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

// In percent: the middle, and by how much it may be wrong.
function figure(differences) {
  const cost = middle(differences);
  const wrong = middle(differences.map((one) => Math.abs(one - cost))) * 1.86 / Math.sqrt(differences.length);
  return { cost, wrong, text: `${cost.toFixed(1)} % ± ${wrong.toFixed(1)}` };
}

let told = 0, status = 1;
browser.on("Runtime.bindingCalled", () => told++);
try {
  await send("Page.enable");
  await send("Performance.enable", { timeDomain: "threadTicks" });
  await send("Page.addScriptToEvaluateOnNewDocument", { source: `${before}${script}restore();` });
  await send("Page.navigate", { url: `http://127.0.0.1:${port}/live/rows?rows=1000&every=${EVERY_MS}` });
  await run("0");
  await send("Runtime.addBinding", { name: "__liveload_heard" });
  // Two changes are taken from the shop, and then no more come: what the shop sends would fall into one turn or another.
  await run(`(async () => {
    while (!document.querySelector("[data-phx-main].phx-connected")) await new Promise((done) => setTimeout(done, 20));
    const view = liveSocket.main, update = view.update, diffs = [];
    await new Promise((done) => {
      view.update = function (diff, events, ...rest) {
        const text = JSON.stringify(diff);
        if (text.length > 10000 && diffs.length < 2 && diffs.push(text) === 2) done();
        return text.length > 10000 && diffs.length === 2 ? true : update.call(this, diff, events, ...rest);
      };
    });
    window.turn = async (number) => {
      update.call(view, JSON.parse(diffs[number % 2]), []);
      if (number % ${CLICK} < 2) document.querySelector("#row-" + (number % 900 + 1) + " button").click();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    };
  })()`);
  for (let i = 0; i < WARM_TURNS; i++) await turn(i % 2 === 0);
  const observed = [], nothing = [], plain = [];
  let busyAwake = 0;
  await run("spent = 0");
  for (let i = 0; i < pairs; i++) {
    const kinds = i % 2 ? [true, false, false] : [false, true, false];
    const took = [];
    for (const isAwake of kinds) took.push(await turn(isAwake));
    const [first, awake] = i % 2 ? [took[1], took[0]] : [took[0], took[1]];
    busyAwake += awake;
    observed.push((awake / first - 1) * 100);
    nothing.push((took[2] / first - 1) * 100);
    plain.push(first);
  }
  if (told === 0) throw new Error("the observer told nothing");
  if (await run("wake(true)") < 4) throw new Error("the script has fewer observers than it should");
  if (await run("document.querySelectorAll('#rows tr').length") !== 1000) throw new Error("the page has lost rows");
  const cost = figure(observed), own = await run("spent") / busyAwake * 100;
  console.log(`observer_cost: its own code ${own.toFixed(2)} %, in all ${cost.text} of ${middle(plain).toFixed(0)} ms of processor time for a change of 1,000 rows; ` +
    `two turns without it differ by ${figure(nothing).text} (reach: <= ${REACH} %)`);
  status = own <= REACH && cost.cost - cost.wrong <= REACH ? 0 : 1;
} finally {
  await browser.end();
  shop.kill();
}
process.exit(status);
