// Records what Chromium says over DevTools during a few iterations on the small page, one message a line: the input of
// the json_libraries benchmark. node record_cdp.js > ../data/cdp_traffic.ndjson
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { startSite } = require("./site.js");

const BROWSER = process.env.LIVELOAD_BROWSER || "/usr/lib/chromium/chromium-headless-shell";
const RECORDING_BYTES_MAX = 100000;

class DevTools {
  constructor(browser) {
    this.out = browser.stdio[3];
    this.waiting = new Map();
    this.lines = [];
    this.lastId = 0;
    let rest = Buffer.alloc(0);
    browser.stdio[4].on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) {
        this.receive(rest.subarray(0, end).toString());
      }
    });
  }

  receive(line) {
    this.lines.push(line);
    const message = JSON.parse(line);
    if (this.waiting.has(message.id)) this.waiting.get(message.id)(message.result);
    this.waiting.delete(message.id);
  }

  call(method, params = {}, sessionId) {
    const id = ++this.lastId;
    this.out.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }
}

const WAIT_FOR = (selector) => `new Promise((resolve) => {
  const found = () => document.querySelector(${JSON.stringify(selector)});
  if (found()) return resolve(found().textContent);
  const observer = new MutationObserver(() => found() && (observer.disconnect(), resolve(found().textContent)));
  observer.observe(document, { subtree: true, childList: true, attributes: true });
})`;

async function iterate(devtools, session, url) {
  const evaluate = (expression) =>
    devtools.call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, session);
  await devtools.call("Page.navigate", { url }, session);
  await evaluate(WAIT_FOR("#add"));
  await evaluate("document.querySelector('#add').click()");
  await evaluate(WAIT_FOR(".row"));
  await evaluate("document.querySelector('#name').value = 'Ada'");
  await evaluate("document.querySelector('#send').click()");
  await evaluate(WAIT_FOR("#answer:not([hidden])"));
  await evaluate("document.documentElement.outerHTML");
}

async function main() {
  const site = await startSite();
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "liveload-record-"));
  const browser = spawn(BROWSER, ["--remote-debugging-pipe", "--no-sandbox", `--user-data-dir=${profile}`], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const devtools = new DevTools(browser);
  const { browserContextId } = await devtools.call("Target.createBrowserContext");
  const { targetId } = await devtools.call("Target.createTarget", { url: "about:blank", browserContextId });
  const { sessionId } = await devtools.call("Target.attachToTarget", { targetId, flatten: true });
  for (const domain of ["Page", "Runtime", "Network"]) await devtools.call(`${domain}.enable`, {}, sessionId);
  for (let i = 0; i < 4; i++) await iterate(devtools, sessionId, site.url);
  await devtools.call("Browser.close");
  site.close();
  browser.on("exit", () => fs.rmSync(profile, { recursive: true, force: true }));
  let bytes = 0;
  for (const line of devtools.lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > RECORDING_BYTES_MAX) break;
    console.log(line);
  }
}

main();
