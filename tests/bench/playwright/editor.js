// As compare.js, with one large page: the editor of Node-RED.
// node editor.js FOLDER_OF_THE_PROGRAMS MODULES_OF_NODE_RED
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { compare } = require("./compare.js");

const USERS = 3;
const ROUND_S = 20; // an iteration takes seconds
// The page alone takes three quarters of the processor time that it takes with Playwright: docs/decisions/large-pages.md.
const REACH = { rate: { full: 1.3, low: 1.5 }, cpu: { full: 0.85, low: 0.75 } };

// Resolves to { url, close }.
function startEditor(modules) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "liveload-bench-node-red-"));
  const args = [path.join(__dirname, "editor_server.js"), modules, folder];
  const editor = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const close = () => (editor.kill(), fs.rmSync(folder, { recursive: true, force: true }));
  return new Promise((resolve, reject) => {
    let said = "";
    editor.on("error", reject);
    editor.stderr.on("data", (data) => (said += data));
    editor.stdout.once("data", (url) => resolve({ url: String(url).trim(), close }));
    editor.once("exit", () => (close(), reject(new Error(`Node-RED does not start: ${said.trim().split("\n").pop()}`))));
  });
}

async function main(programs, modules) {
  const editor = await startEditor(modules);
  const what = { name: "Node-RED's editor", scenario: "editor", url: editor.url, users: USERS, contexts: "reused" };
  try {
    process.exitCode = (await compare(programs, { ...what, reach: REACH, round_s: ROUND_S, has_bare: true })) ? 0 : 1;
  } finally {
    editor.close();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.log(`editor_vs_playwright: not measured: ${error.message}`);
  process.exitCode = 1;
});
