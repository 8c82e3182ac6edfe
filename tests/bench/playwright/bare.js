// What the page costs by itself: users of a bare DevTools client in a loop for a while, each with a context and a page of
// its own, as playwright.js has them. It measures nothing, puts no script into the page and waits in the simplest way, so
// no load tester with the same Chromium does more. node bare.js URL SECONDS USERS
// Prints one JSON object: { iterations, duration_ms }.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const BROWSER = process.env.LIVELOAD_BROWSER || "/usr/lib/chromium/chromium-headless-shell";
const LOOK_MS = 30;

// Those of agent/browser/flags.c that change what a page costs.
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--remote-debugging-pipe",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-extensions",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-ipc-flooding-protection",
  "--disable-dev-shm-usage",
  "--disable-field-trial-config",
  "--disable-site-isolation-trials",
  "--disable-features=RenderDocument,IsolateOrigins,site-per-process,BackForwardCache,PaintHolding,Translate," +
    "OptimizationHints,MediaRouter,AcceptCHFrame,HttpsUpgrades,IgnoreDuplicateNavs",
];

// Resolves commands and hears of load events.
function connect(profile) {
  const browser = spawn(BROWSER, [...FLAGS, `--user-data-dir=${profile}`], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const answers = new Map(), loads = new Map();
  let last = 0, rest = "";
  browser.stdio[4].setEncoding("utf8").on("data", (data) => {
    const messages = (rest + data).split("\0");
    rest = messages.pop();
    for (const message of messages.map((text) => JSON.parse(text))) {
      if (message.id) answers.get(message.id)(message.result || {}), answers.delete(message.id);
      else if (message.method === "Page.loadEventFired") loads.get(message.sessionId)?.();
    }
  });
  const call = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve) => {
      answers.set(++last, resolve);
      browser.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
    });
  const nextLoad = (session) => new Promise((resolve) => loads.set(session, resolve));
  return { call, nextLoad, close: () => browser.kill("SIGKILL") };
}

async function openUser(browser) {
  const { browserContextId } = await browser.call("Target.createBrowserContext");
  const { targetId } = await browser.call("Target.createTarget", { url: "about:blank", browserContextId, width: 1280, height: 720 });
  const { sessionId } = await browser.call("Target.attachToTarget", { targetId, flatten: true });
  await browser.call("Page.enable", {}, sessionId);
  const evaluate = async (expression) =>
    (await browser.call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId)).result?.value;
  const wait = (condition) =>
    evaluate(`new Promise((done) => { const timer = setInterval(() => (${condition}) && done(clearInterval(timer)), ${LOOK_MS}) })`);
  const isShown = (selector) => `document.querySelector(${JSON.stringify(selector)})?.offsetParent`;
  return {
    async navigate(url) {
      const loaded = browser.nextLoad(sessionId);
      await browser.call("Page.navigate", { url }, sessionId);
      await loaded;
    },
    waitVisible: (selector) => wait(isShown(selector)),
    waitHidden: (selector) => wait(`!${isShown(selector)}`),
    async type(selector, text) {
      await evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
      for (const key of text)
        for (const type of ["keyDown", "keyUp"])
          await browser.call("Input.dispatchKeyEvent", { type, key, text: type === "keyDown" ? key : undefined }, sessionId);
    },
    // Once it has stood still between two looks, and is on top.
    async click(selector) {
      const { x, y } = await evaluate(`new Promise((done) => { let last = ""; const timer = setInterval(() => {
        const element = document.querySelector(${JSON.stringify(selector)}), box = element?.getBoundingClientRect();
        if (!box?.width) return;
        const x = box.x + box.width / 2, y = box.y + box.height / 2, now = x + " " + y;
        if (now === last && element.contains(document.elementFromPoint(x, y))) clearInterval(timer), done({ x, y });
        last = now }, ${LOOK_MS}) })`);
      const button = "left", clickCount = 1;
      await browser.call("Input.dispatchMouseEvent", { type: "mouseMoved", x, y }, sessionId);
      await browser.call("Input.dispatchMouseEvent", { type: "mousePressed", x, y, button, clickCount }, sessionId);
      await browser.call("Input.dispatchMouseEvent", { type: "mouseReleased", x, y, button, clickCount }, sessionId);
    },
  };
}

// As editor.lua has it.
async function iterate(user, url) {
  await user.navigate(url);
  await user.waitVisible("#red-ui-workspace-tabs .red-ui-tab");
  await user.waitHidden("#red-ui-loading-progress");
  await user.type("#red-ui-palette-search input", "mqtt");
  await user.waitHidden(".red-ui-palette-node[data-palette-type=inject]");
  await user.click("#red-ui-header-button-sidemenu");
  await user.click("#menu-item-user-settings");
  await user.waitVisible("#user-settings-editor-language");
  await user.click("#node-dialog-ok");
  await user.waitHidden("#user-settings-editor-language");
}

async function runUser(browser, url, untilMs) {
  const user = await openUser(browser);
  let iterations = 0;
  for (; Date.now() < untilMs; iterations++) await iterate(user, url);
  return iterations;
}

async function main() {
  const [url, seconds, users] = process.argv.slice(2);
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "liveload-bench-bare-"));
  const browser = connect(profile);
  const startMs = Date.now(), untilMs = startMs + 1000 * Number(seconds);
  const counts = await Promise.all(Array.from({ length: Number(users) }, () => runUser(browser, url, untilMs)));
  const result = { iterations: counts.reduce((sum, n) => sum + n, 0), duration_ms: Date.now() - startMs };
  browser.close();
  console.log(JSON.stringify(result));
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  process.exit(0);
}

main().catch((error) => {
  console.error(`bare: ${error.message}`);
  process.exit(1);
});
