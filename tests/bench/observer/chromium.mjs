// A Chromium on a pipe: send(method, params, session) → the result, and on(event, listener).
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = ["--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding", "--disable-features=RenderDocument,IsolateOrigins,site-per-process,BackForwardCache,PaintHolding",
  "--disable-site-isolation-trials"];

export function chromium(program) {
  const profile = mkdtempSync(join(tmpdir(), "liveload-bench-"));
  const browser = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const waiting = new Map(), listeners = new Map();
  let id = 0, text = "";

  function take(message) {
    if (!message.id) return listeners.get(message.method)?.(message.params);
    const { resolve, reject } = waiting.get(message.id);
    waiting.delete(message.id);
    return message.error ? reject(new Error(message.error.message)) : resolve(message.result);
  }

  browser.stdio[4].on("data", (data) => {
    const messages = (text + data).split("\0");
    text = messages.pop();
    messages.forEach((message) => take(JSON.parse(message)));
  });
  return {
    send: (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
      waiting.set(++id, { resolve, reject });
      browser.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    }),
    on: (method, listener) => listeners.set(method, listener),
    end: () => new Promise((resolve) => {
      browser.once("exit", () => {
        rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
        resolve();
      });
      browser.kill("SIGKILL");
    }),
  };
}
