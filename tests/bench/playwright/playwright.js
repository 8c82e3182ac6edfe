// Four Playwright users on the small page for a while: node playwright.js URL SECONDS [USERS]
// Prints one JSON object: { iterations, duration_ms, cpu_ms } with this process' own processor time.
"use strict";

const { chromium } = require("playwright-core");

const BROWSER = process.env.LIVELOAD_BROWSER || "/usr/lib/chromium/chromium-headless-shell";

async function iterate(page, url, userId) {
  await page.goto(url);
  await page.click("#add");
  await page.waitForSelector(".row");
  await page.fill("#name", `user ${userId}`);
  await page.click("#send");
  await page.waitForSelector("#answer");
  const answer = await page.innerText("#answer");
  if (answer !== `Hello, user ${userId}`) throw new Error(`the page answered "${answer}"`);
}

// One user: a context and a page of its own, used again in each iteration.
async function runUser(browser, url, userId, untilMs) {
  const page = await (await browser.newContext()).newPage();
  let iterations = 0;
  while (Date.now() < untilMs) {
    await iterate(page, url, userId);
    iterations++;
  }
  return iterations;
}

async function main() {
  const [url, seconds, users = "4"] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] });
  const cpuBefore = process.cpuUsage();
  const startMs = Date.now();
  const ids = Array.from({ length: Number(users) }, (_, i) => i + 1);
  const counts = await Promise.all(ids.map((id) => runUser(browser, url, id, startMs + 1000 * Number(seconds))));
  const cpu = process.cpuUsage(cpuBefore);
  const result = {
    iterations: counts.reduce((sum, n) => sum + n, 0),
    duration_ms: Date.now() - startMs,
    cpu_ms: (cpu.user + cpu.system) / 1000,
  };
  await browser.close();
  console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(`playwright: ${error.message}`);
  process.exit(1);
});
