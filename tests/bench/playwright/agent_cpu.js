// Processor time of the agent per iteration on the small page, its start and end included, Chromium's not counted.
// Prints one line. node agent_cpu.js FOLDER_OF_THE_PROGRAMS
"use strict";

const { runLiveload } = require("./drivers.js");
const { startSite } = require("./site.js");

const RUN_S = 60; // what the start and the end take is a part of it, and a real run is longer still
const REACH_MS = 0.8;

async function main(programs) {
  const site = await startSite();
  try {
    const what = { scenario: "page", url: site.url, users: 4, contexts: "reused" };
    const { iterations, driver_cpu_ms } = await runLiveload(programs, what, RUN_S);
    const each = driver_cpu_ms / iterations;
    console.log(
      `agent_cpu_per_iteration: ${each.toFixed(2)} ms over ${iterations} iterations in ${RUN_S} s ` +
        `(reach: <= ${REACH_MS.toFixed(1)} ms)`,
    );
    process.exitCode = each <= REACH_MS ? 0 : 1;
  } finally {
    site.close();
  }
}

main(process.argv[2]).catch((error) => {
  console.log(`agent_cpu_per_iteration: not measured: ${error.message}`);
  process.exitCode = 1;
});
