// LiveLoad and Playwright with the same Chromium and the same pages, in alternating rounds so that a disturbance of the
// machine hits both. Prints a line for each figure. node compare.js FOLDER_OF_THE_PROGRAMS
"use strict";

const { runBare, runLiveload, runPlaywright } = require("./drivers.js");
const { startShop } = require("./shop_server.js");
const { startSite } = require("./site.js");

const ROUNDS = 5;
const ROUND_S = 8;

// What is to be reached, with contexts used again and with new ones.
const REACH = {
  reused: { rate: { full: 2.5, low: 3.5 }, cpu: { full: 0.5, low: 0.35 } },
  fresh: { rate: { full: 1.5 } },
};

const PAGE_ALONE_REACH = 1.1;

const newTotal = () => ({ iterations: 0, duration_ms: 0, driver_cpu_ms: 0, chromium_cpu_ms: 0 });

function add(total, round) {
  for (const key of Object.keys(total)) total[key] += round[key];
}

const rate = (total) => (1000 * total.iterations) / total.duration_ms;
const cpu = (total) => total.chromium_cpu_ms / total.iterations;

// One line: each way of painting against Playwright's figure.
function tell(name, totals, figure, unit, reach, isReached) {
  const paints = Object.keys(reach);
  const ratios = paints.map((paint) => figure(totals[paint]) / figure(totals.playwright));
  const words = paints.map((paint, i) => `${paint} ${ratios[i].toFixed(2)}x (${figure(totals[paint]).toFixed(1)} ${unit})`);
  const reached = paints.every((paint, i) => isReached(ratios[i], reach[paint]));
  const limits = paints.map((paint) => `${paint} ${name.startsWith("chromium") ? "<=" : ">="} ${reach[paint]}x`);
  console.log(
    `${name}: ${reached ? "" : "**not reached**: "}${words.join(", ")}, Playwright ` +
      `${figure(totals.playwright).toFixed(1)} ${unit} (reach: ${limits.join(", ")})`,
  );
  return reached;
}

// `what` is a page of main's, with its users and its contexts; `reach` and `round_s` where they are not the usual ones;
// `has_bare` where bare.js has the page too.
async function compare(programs, what) {
  const { reach = REACH[what.contexts], round_s = ROUND_S } = what;
  const totals = { playwright: newTotal() };
  for (const paint of Object.keys(reach.rate)) totals[paint] = newTotal();
  if (what.has_bare) totals.bare = newTotal();
  for (let round = 0; round < ROUNDS; round++) {
    add(totals.playwright, await runPlaywright(what, round_s));
    if (what.has_bare) add(totals.bare, await runBare(what, round_s));
    for (const paint of Object.keys(reach.rate)) add(totals[paint], await runLiveload(programs, { ...what, paint }, round_s));
  }
  const on = `${what.name}, ${what.users} users${what.contexts === "fresh" ? ", new context each time" : ""}`;
  const atLeast = (a, b) => a >= b, atMost = (a, b) => a <= b;
  let reached = tell(`iterations_vs_playwright, ${on}`, totals, rate, "/s", reach.rate, atLeast);
  if (reach.cpu) reached = tell(`chromium_cpu_vs_playwright, ${on}`, totals, cpu, "ms", reach.cpu, atMost) && reached;
  if (what.has_bare) reached = tellBare(on, totals) && reached;
  return reached;
}

// The page by itself, done by a client that measures nothing: how near it LiveLoad is.
function tellBare(on, { bare, playwright, full }) {
  const times = cpu(full) / cpu(bare), reached = times <= PAGE_ALONE_REACH;
  console.log(
    `chromium_cpu_vs_page_alone, ${on}: ${reached ? "" : "**not reached**: "}full ${times.toFixed(2)}x, ` +
      `the page alone ${cpu(bare).toFixed(1)} ms (${(cpu(bare) / cpu(playwright)).toFixed(2)}x Playwright's) and ` +
      `${(rate(bare) / rate(playwright)).toFixed(2)}x its iterations (reach: full <= ${PAGE_ALONE_REACH}x)`,
  );
  return reached;
}

async function main(programs) {
  const site = await startSite(), shop = await startShop(programs);
  const pages = [
    { name: "small page", scenario: "page", url: site.url },
    { name: "shop", scenario: "shop", url: shop.url },
  ];
  let reached = true;
  try {
    for (const page of pages) {
      for (const users of [4, 8]) reached = (await compare(programs, { ...page, users, contexts: "reused" })) && reached;
      reached = (await compare(programs, { ...page, users: 4, contexts: "fresh" })) && reached;
    }
  } finally {
    site.close();
    shop.close();
  }
  process.exitCode = reached ? 0 : 1;
}

module.exports = { compare };

if (require.main === module)
  main(process.argv[2]).catch((error) => {
    console.log(`iterations_vs_playwright: not measured: ${error.message}`);
    process.exitCode = 1;
  });
