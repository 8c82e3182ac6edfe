// The demo shop of the programs under test, on a free port.
"use strict";

const { spawn } = require("node:child_process");
const path = require("node:path");

// Resolves to { url, close }.
function startShop(programs) {
  const shop = spawn(path.join(programs, "liveload-shop"), ["--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    shop.on("error", reject);
    shop.stdout.once("data", (said) => {
      const found = /http:\/\/[\w.:]+/.exec(said);
      if (!found) reject(new Error(`the shop said: ${said}`));
      else resolve({ url: `${found[0]}/`, close: () => shop.kill() });
    });
  });
}

module.exports = { startShop };
