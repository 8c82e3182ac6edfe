// Playwright users in a loop for a while: node playwright.js SCENARIO URL SECONDS USERS CONTEXTS
// SCENARIO is "page", "shop" or "editor", CONTEXTS is "reused" or "fresh". Prints one JSON object: { iterations, duration_ms }.
"use strict";

const { chromium } = require("playwright-core");

const BROWSER = process.env.LIVELOAD_BROWSER || "/usr/lib/chromium/chromium-headless-shell";

// Each as the .lua file of that name has it.
const scenarios = {
  async page(page, url, userId) {
    await page.goto(url);
    await page.click("#add");
    await page.waitForSelector(".row");
    await page.fill("#name", `user ${userId}`);
    await page.click("#send");
    await page.waitForSelector("#answer");
    const answer = await page.innerText("#answer");
    if (answer !== `Hello, user ${userId}`) throw new Error(`the page answered "${answer}"`);
  },
  async shop(page, url, userId) {
    await page.goto(`${url}login`);
    await page.fill("#email", `user${userId}@example.com`);
    await page.fill("#password", "secret");
    await page.click("#login-form button");
    await page.waitForSelector("#products .product");
    await page.fill("#q", "mug");
    await page.press("#q", "Enter");
    await page.waitForURL("**/search?q=*");
    await page.waitForSelector("#found");
    await page.click("text=Add to cart");
    await page.waitForSelector(".notice.added");
    await page.goto(`${url}checkout`);
    await page.fill("#name", `User ${userId}`);
    await page.selectOption("#shipping", "bike");
    await page.check("#terms");
    await page.click("#pay");
    await page.waitForSelector("#receipt");
  },
  async editor(page, url) {
    await page.goto(url);
    await page.waitForSelector("#red-ui-workspace-tabs .red-ui-tab");
    await page.waitForSelector("#red-ui-loading-progress", { state: "hidden" });
    await page.type("#red-ui-palette-search input", "mqtt");
    await page.waitForSelector(".red-ui-palette-node[data-palette-type=inject]", { state: "hidden" });
    await page.click("#red-ui-header-button-sidemenu");
    await page.click("#menu-item-user-settings");
    await page.waitForSelector("#user-settings-editor-language");
    await page.click("#node-dialog-ok");
    await page.waitForSelector("#user-settings-editor-language", { state: "hidden" });
  },
};

// One user: a context and a page of its own, used again in each iteration, or made for each.
async function runUser(browser, iterate, url, userId, untilMs, contexts) {
  let context = await browser.newContext();
  let page = await context.newPage();
  let iterations = 0;
  while (Date.now() < untilMs) {
    await iterate(page, url, userId);
    iterations++;
    if (contexts !== "fresh") continue;
    await context.close();
    context = await browser.newContext();
    page = await context.newPage();
  }
  return iterations;
}

async function main() {
  const [scenario, url, seconds, users, contexts] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] });
  const startMs = Date.now();
  const untilMs = startMs + 1000 * Number(seconds);
  const ids = Array.from({ length: Number(users) }, (_, i) => i + 1);
  const counts = await Promise.all(ids.map((id) => runUser(browser, scenarios[scenario], url, id, untilMs, contexts)));
  const result = { iterations: counts.reduce((sum, n) => sum + n, 0), duration_ms: Date.now() - startMs };
  await browser.close();
  console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(`playwright: ${error.message}`);
  process.exit(1);
});
