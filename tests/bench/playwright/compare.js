// Iterations per second of LiveLoad and Playwright with the same Chromium, page and four users, in alternating rounds
// so that a disturbance of the machine hits both. Prints one line. node compare.js FOLDER_OF_THE_PROGRAMS
"use strict";

const { runLiveload, runPlaywright } = require("./drivers.js");
const { startSite } = require("./site.js");

const ROUNDS = 3;
const ROUND_S = 8;
const REACH = 2.0;

function add(total, round) {
  total.iterations += round.iterations;
  total.duration_ms += round.duration_ms;
}

async function main(programs) {
  const site = await startSite();
  const ours = { iterations: 0, duration_ms: 0 };
  const theirs = { iterations: 0, duration_ms: 0 };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      add(theirs, await runPlaywright(site.url, ROUND_S));
      add(ours, await runLiveload(programs, site.url, ROUND_S));
    }
  } finally {
    site.close();
  }
  const [ourRate, theirRate] = [ours, theirs].map((total) => (1000 * total.iterations) / total.duration_ms);
  const ratio = ourRate / theirRate;
  console.log(
    `iterations_vs_playwright: ${ratio.toFixed(2)}x, ${ourRate.toFixed(1)}/s against Playwright's ` +
      `${theirRate.toFixed(1)}/s (reach: >= ${REACH.toFixed(1)}x)`,
  );
  process.exitCode = ratio >= REACH ? 0 : 1;
}

main(process.argv[2]).catch((error) => {
  console.log(`iterations_vs_playwright: not measured: ${error.message}`);
  process.exitCode = 1;
});
