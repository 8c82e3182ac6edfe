// Runs one driver on the small page for a while and says what it did: { iterations, duration_ms, cpu_ms }, where cpu_ms
// is the driver's own processor time without Chromium's.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const USERS = 4;
const SAMPLE_MS = 50;
const INVALID = 98; // the machine was too busy for the latencies to be right; what was done was counted
const TICK_MS = 10; // of utime and stime in /proc, USER_HZ

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

async function runPlaywright(url, seconds) {
  return JSON.parse(await run(process.execPath, [path.join(__dirname, "playwright.js"), url, seconds, USERS]));
}

// name, parent and processor time of a process; null when it is gone.
function readProcess(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" "); // from field 3, state
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    return { name: stat.slice(stat.indexOf("(") + 1, end), parent: Number(fields[1]), cpuMs };
  } catch {
    return null;
  }
}

function findAgent(parent) {
  return fs.readdirSync("/proc").find((pid) => {
    const found = /^\d+$/.test(pid) && readProcess(pid);
    return found && found.name === "liveload-agent" && found.parent === parent;
  });
}

// Watches the processor time of the agent below `parent` until stop() is called.
function watchAgent(parent) {
  let agent = null, cpuMs = 0;
  const timer = setInterval(() => {
    agent = agent || findAgent(parent);
    const now = agent && readProcess(agent);
    if (now && now.name === "liveload-agent") cpuMs = now.cpuMs;
  }, SAMPLE_MS);
  return { stop: () => (clearInterval(timer), cpuMs) };
}

// `programs` is the folder of liveload and its siblings.
async function runLiveload(programs, url, seconds) {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), "liveload-bench-"));
  const scenario = path.join(__dirname, "page.lua");
  const args = ["run", scenario, "--users", USERS, "--duration", `${seconds}s`, "--set", `url=${url}`, "--quiet"];
  let watch;
  try {
    await run(path.join(programs, "liveload"), [...args, "--out", out], [0, INVALID], (pid) => (watch = watchAgent(pid)));
    const [entry] = JSON.parse(fs.readFileSync(path.join(out, "result.json"), "utf8"));
    const { counters, duration_ms } = entry.global;
    const failed = counters.iterations_failed?.aggregate || 0;
    if (failed > 0) throw new Error(`${failed} iterations of liveload failed`);
    return { iterations: counters.iterations_completed.aggregate, duration_ms, cpu_ms: watch.stop() };
  } finally {
    watch?.stop();
    fs.rmSync(out, { recursive: true, force: true });
  }
}

module.exports = { runPlaywright, runLiveload };
