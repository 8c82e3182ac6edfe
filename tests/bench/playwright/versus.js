// Two builds of LiveLoad with the same Chromium and the same pages, in pairs of runs, each pair in the other order than
// the one before it. Prints a line for each figure. node versus.js FOLDER_OF_THE_PROGRAMS FOLDER_OF_THE_EARLIER_ONES
"use strict";

const { runLiveload } = require("./drivers.js");
const { startShop } = require("./shop_server.js");
const { startSite } = require("./site.js");

const PAIRS = 10;
const RUN_S = 6;
const REACH = 0.98; // of the earlier build's iterations per second: missed when the whole interval is below

const rateOf = (run) => (1000 * run.iterations) / run.duration_ms;
const chromiumOf = (run) => run.chromium_cpu_ms / run.iterations;
const agentOf = (run) => run.driver_cpu_ms / run.iterations;

// How many of the smallest and of the largest values lie outside of the median's interval: the most for which the
// interval between order statistics holds the median in at least 95 % of cases (the sign test's, whatever the
// distribution).
function outside(n) {
  let below = 0, term = 0.5 ** n; // P(at most k of n are below the median), binomial with p = 1/2
  for (let k = 0; ; k++) {
    below += term;
    if (2 * below > 0.05) return k;
    term = (term * (n - k)) / (k + 1);
  }
}

// The median of the pairs' ratios with its interval.
function judge(pairs, figure) {
  const ratios = pairs.map(({ now, before }) => figure(now) / figure(before)).sort((a, b) => a - b);
  const n = ratios.length, cut = outside(n);
  if (cut === 0) throw new Error(`${n} pairs are too few for an interval`);
  const median = (ratios[(n - 1) >> 1] + ratios[n >> 1]) / 2;
  return { median, low: ratios[cut - 1], high: ratios[n - cut] };
}

const show = ({ median, low, high }) => `${median.toFixed(3)}x (${low.toFixed(3)} to ${high.toFixed(3)})`;

async function compare(programs, earlier, what) {
  const pairs = [];
  for (let i = 0; i < PAIRS; i++) {
    const pair = {};
    for (const which of i % 2 ? ["before", "now"] : ["now", "before"])
      pair[which] = await runLiveload(which === "now" ? programs : earlier, what, RUN_S);
    pairs.push(pair);
  }
  const rate = judge(pairs, rateOf), reached = what.contexts === "fresh" || rate.high >= REACH;
  const on = `${what.name}, ${what.users} users, ${what.paint}${what.contexts === "fresh" ? ", new context each time" : ""}`;
  console.log(
    `density_vs_before, ${on}: ${reached ? "" : "**not reached**: "}${show(rate)} the iterations/s, Chromium's CPU each ` +
      `${show(judge(pairs, chromiumOf))}, the agent's ${show(judge(pairs, agentOf))}, ${PAIRS} pairs` +
      (what.contexts === "fresh" ? "" : ` (reach: the interval reaches ${REACH}x)`),
  );
  return reached;
}

async function main(programs, earlier) {
  const site = await startSite(), shop = await startShop(programs);
  const pages = [
    { name: "small page", scenario: "page", url: site.url },
    { name: "shop", scenario: "shop", url: shop.url },
  ];
  let reached = true;
  try {
    for (const page of pages) {
      for (const users of [4, 8])
        for (const paint of ["full", "low"])
          reached = (await compare(programs, earlier, { ...page, users, paint, contexts: "reused" })) && reached;
      const fresh = { ...page, users: 4, paint: "full", contexts: "fresh" };
      reached = (await compare(programs, earlier, fresh)) && reached;
    }
  } finally {
    site.close();
    shop.close();
  }
  process.exitCode = reached ? 0 : 1;
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.log(`density_vs_before: not measured: ${error.message}`);
  process.exitCode = 1;
});
