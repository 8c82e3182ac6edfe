// Runs one driver in a loop for a while and says what it did: { iterations, duration_ms, driver_cpu_ms,
// chromium_cpu_ms }. Processor time is of the whole run, the start and the end of the browser included.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const SAMPLE_MS = 50;
const INVALID = 98; // the machine was too busy for the latencies to be right; what was done was counted
const TICK_MS = 10; // of the times in /proc, USER_HZ

// Runs a program to its end; resolves to what it printed. `good` are the exit codes of success; `onStart` gets its
// process id.
function run(program, args, good = [0], onStart = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "", errors = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (errors += data));
    child.on("error", reject);
    child.on("spawn", () => onStart(child.pid));
    child.on("close", (status) => {
      const said = errors.trim().split("\n").pop();
      good.includes(status) ? resolve(output) : reject(new Error(`${path.basename(program)} left with ${status}: ${said}`));
    });
  });
}

// Processor time of a process by itself, and with its children that have ended; null when it is gone.
function readProcess(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" "); // from field 3, state
    const [utime, stime, cutime, cstime] = fields.slice(11, 15).map((ticks) => Number(ticks) * TICK_MS);
    const name = stat.slice(stat.indexOf("(") + 1, end);
    return { name, parent: Number(fields[1]), ownMs: utime + stime, allMs: utime + stime + cutime + cstime };
  } catch {
    return null;
  }
}

// Processor time of the processes below and with `root`: Chromium's, and that of the driver named `driver`.
function readTree(root, driver) {
  const all = new Map();
  for (const pid of fs.readdirSync("/proc")) {
    const found = /^\d+$/.test(pid) && readProcess(pid);
    if (found) all.set(Number(pid), found);
  }
  const isBelow = (pid) => pid === root || (all.has(pid) && isBelow(all.get(pid).parent));
  let driverMs = 0, chromiumMs = 0;
  for (const [pid, { name, ownMs, allMs }] of all) {
    if (!isBelow(pid)) continue;
    if (name.startsWith("chromium") || name.startsWith("chrome")) chromiumMs += allMs;
    else if (name === driver) driverMs += ownMs;
  }
  return { driverMs, chromiumMs };
}

// The most that was seen by the time stop() is called: what ended last is not in later samples.
function watch(root, driver) {
  const most = { driver_cpu_ms: 0, chromium_cpu_ms: 0 };
  const timer = setInterval(() => {
    const { driverMs, chromiumMs } = readTree(root, driver);
    most.driver_cpu_ms = Math.max(most.driver_cpu_ms, driverMs);
    most.chromium_cpu_ms = Math.max(most.chromium_cpu_ms, chromiumMs);
  }, SAMPLE_MS);
  return { stop: () => (clearInterval(timer), most) };
}

async function runNode(args) {
  let watched;
  try {
    const result = JSON.parse(await run(process.execPath, args, [0], (pid) => (watched = watch(pid, "node"))));
    return { ...result, ...watched.stop() };
  } finally {
    watched?.stop();
  }
}

// `what` is { scenario, url, users, contexts }, and `paint` for LiveLoad.
function runPlaywright({ scenario, url, users, contexts }, seconds) {
  return runNode([path.join(__dirname, "playwright.js"), scenario, url, seconds, users, contexts]);
}

// The editor alone, with contexts that are used again.
function runBare({ url, users }, seconds) {
  return runNode([path.join(__dirname, "bare.js"), url, seconds, users]);
}

// `programs` is the folder of liveload and its siblings.
async function runLiveload(programs, what, seconds) {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), "liveload-bench-"));
  const { scenario, url, users, contexts, paint = "full" } = what;
  const file = path.join(__dirname, contexts === "fresh" ? `${scenario}_fresh.lua` : `${scenario}.lua`);
  const args = ["run", file, "--users", users, "--duration", `${seconds}s`, "--set", `url=${url}`, "--paint", paint];
  let watched;
  try {
    await run(path.join(programs, "liveload"), [...args, "--quiet", "--out", out], [0, INVALID],
      (pid) => (watched = watch(pid, "liveload-agent")));
    const [entry] = JSON.parse(fs.readFileSync(path.join(out, "result.json"), "utf8"));
    const { counters, duration_ms } = entry.global;
    const failed = counters.iterations_failed?.aggregate || 0;
    if (failed > 0) throw new Error(`${failed} iterations of liveload failed`);
    return { iterations: counters.iterations_completed.aggregate, duration_ms, ...watched.stop() };
  } finally {
    watched?.stop();
    fs.rmSync(out, { recursive: true, force: true });
  }
}

module.exports = { run, runPlaywright, runBare, runLiveload };
