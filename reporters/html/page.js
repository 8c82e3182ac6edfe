// The page: a head, and for each scenario its verdict, key figures, tables and charts in the order people ask.
"use strict";

const VERDICT_KIND = { PASSED: "good", DEGRADED: "warn", INVALID: "bad", FAILED: "bad" };

// What passed, with a but, is not green.
function verdictKind(scenario) {
  if (scenario.error) return "bad";
  return scenario.verdict === "PASSED" && scenario.remarks.length ? "warn" : VERDICT_KIND[scenario.verdict];
}

const verdictBadge = (scenario) => badge(verdictKind(scenario), scenario.error ? "NOT RUN" : scenario.verdict);

function verdictBanner(scenario) {
  const remarks = scenario.remarks.filter((remark) => !scenario.reason.includes(remark));
  return h("div", { class: `verdict ${verdictKind(scenario)}` }, verdictBadge(scenario),
    h("div", null, h("p", { class: scenario.error ? "verbatim" : null }, scenario.error || scenario.reason),
      remarks.length ? h("ul", null, remarks.map((remark) => h("li", null, remark))) : null));
}

function factsList(scenario) {
  const browsers = [...new Set(scenario.nodes.map((node) => node.browser).filter(Boolean))];
  const facts = [
    scenario.started_at_ms ? format.date(scenario.started_at_ms) : null,
    scenario.duration_ms ? format.us(scenario.duration_ms * 1000) : null,
    scenario.users.total ? format.plural(scenario.users.total, "user") : null,
    scenario.nodes.length ? format.plural(scenario.nodes.length, "agent") : null,
    ...browsers,
    scenario.stopped_early ? "stopped early" : null,
  ];
  return h("ul", { class: "facts" }, facts.filter(Boolean).map((fact) => h("li", null, fact)));
}

// ── Key figures ──

function figure(label, value, more, className) {
  return h("div", { class: className }, h("dt", null, label),
    h("dd", null, h("div", { class: "value" }, value), more ? h("div", { class: "more" }, more) : null));
}

function percentilesFigure(scenario) {
  const curve = allOf(scenario.histograms.iteration_duration_us);
  const one = (label, p) => h("div", { class: "value" }, format.us(curveOf.percentile(curve, p)), h("small", null, label));
  return h("div", { class: "percentiles" }, h("dt", null, "Iteration duration"),
    h("dd", null, curveOf.count(curve) ? [one("p50", 50), one("p95", 95), one("p99", 99)]
      : h("div", { class: "more" }, "no iteration completed")));
}

const counted = (n, words) => h("span", { class: n ? "bad" : null }, words);

function keyFigures(scenario) {
  const { completed, failed, interrupted } = scenario.iterations, seconds = scenario.duration_ms / 1000;
  const passed = totalOf(scenario.counters.checks_passed), unmet = totalOf(scenario.counters.checks_failed);
  const requests = curveOf.count(allOf(scenario.histograms.http_request_duration_us));
  const failures = totalOf(scenario.counters.http_request_failures), all = Math.max(requestsOf(scenario), requests);
  const received = curveOf.sum(allOf(scenario.histograms.http_request_bytes));
  const rate = (n) => (seconds > 0 ? ` · ${format.perSecond(n / seconds)}` : "");
  return h("dl", { class: "figures" },
    figure("Users", format.count(scenario.users.total),
      scenario.users.total ? counted(scenario.users.failed, `${format.count(scenario.users.failed)} with a failed iteration`) : null),
    figure("Iterations completed", format.count(completed),
      [counted(failed, `${format.count(failed)} failed`), ` · ${format.count(interrupted)} interrupted${rate(completed)}`]),
    percentilesFigure(scenario),
    figure("Checks passed", passed + unmet ? format.share(passed / (passed + unmet)) : NOTHING,
      passed + unmet ? counted(unmet, `${format.count(unmet)} of ${format.count(passed + unmet)} failed`) : "no check was made"),
    figure("HTTP requests", format.count(all), all && seconds > 0 ? format.perSecond(all / seconds) : null),
    figure("HTTP failures", format.count(failures),
      all ? counted(failures, `${format.share(failures / all)} of ${format.plural(all, "request")}`) : null),
    figure("Received", format.bytes(received), received && seconds > 0 ? `${format.bytes(received / seconds)}/s` : null));
}

// ── Charts ──

const line = (label, colourName, unit, values, extra) => ({ label, colour: colourName, unit, values, ...extra });
const nothingIn = (...columns) => columns.every((column) => column.every((value) => !value));

function emptyChart(title, sentence) {
  return h("figure", { class: "chart" }, h("h4", null, title), empty(sentence));
}

function usersChart(series, group) {
  const lines = [
    line("users", "series-quiet", "", series.active_users, { scale: "users", stepped: true }),
    line("iterations/s", "series-2", "", series.iterations_per_s),
  ];
  if (!nothingIn(series.failed_per_s)) lines.push(line("failed/s", "series-bad", "", series.failed_per_s));
  const axes = () => [valueAxis("iterations/s", "", "y"), valueAxis("users", "", "users", { side: 1, grid: { show: false } })];
  return timeChart("Active users and iterations", "Active users and iterations per second over time", group, series.seconds,
    lines, axes, { y: fromZero, users: fromZero });
}

function durationChart(series, group) {
  const title = "Iteration duration";
  if (nothingIn(series.iteration_p50)) return emptyChart(title, "No iteration completed.");
  return timeChart(title, "Iteration duration percentiles over time", group, series.seconds, [
    line("p50", "series-1", "us", series.iteration_p50), line("p95", "series-2", "us", series.iteration_p95),
    line("p99", "series-3", "us", series.iteration_p99, { dash: [5, 3] }), // seen also where p95 is the same sample
  ], () => [valueAxis("duration", "us", "y")], { y: fromZero });
}

function requestsChart(series, group, scenario) {
  const title = "HTTP requests";
  if (nothingIn(series.requests_per_s, series.request_failures_per_s)) return emptyChart(title, noRequests(scenario));
  return timeChart(title, "HTTP requests and failures per second over time", group, series.seconds, [
    line("requests/s", "series-2", "", series.requests_per_s),
    line("failures/s", "series-bad", "", series.request_failures_per_s),
  ], () => [valueAxis("requests/s", "", "y")], { y: fromZero });
}

function stepsChart(series, group) {
  const title = "Slowest steps, p95";
  if (!series.steps.length) return null;
  return timeChart(title, "The p95 of the slowest steps over time", group, series.seconds,
    series.steps.map(([name, values], i) => line(name, `step-${i + 1}`, "us", values)),
    () => [valueAxis("duration", "us", "y")], { y: fromZero });
}

function timeSection(scenario, index) {
  const title = "Over time", group = `time-${index}`, { series } = scenario;
  if (series.seconds.length < 2) return section(title, null, empty("The run was too short to draw over time."));
  const note = h("span", null, `Spans of ${format.tick("us", series.width_ms * 1000)}. `,
    h("span", { class: "hint" }, "Drag to zoom in, double-click to zoom out."));
  return section(title, note, h("div", { class: "charts" },
    [usersChart, durationChart, requestsChart, stepsChart].map((chart) => chart(series, group, scenario))));
}

function curveSection(scenario, tail) {
  const curve = allOf(scenario.histograms.iteration_duration_us), title = "Iteration duration by percentile";
  if (!curveOf.count(curve)) return section(title, null, empty("No iteration completed."));
  return section(title, "How slow the slowest were: each further nine of the axis is ten times rarer.",
    percentileChart(null, title, "us", curve, tail));
}

// ── A scenario, and the report ──

function contents(sections) {
  return h("nav", { class: "contents", "aria-label": "Sections" }, sections.map((part) =>
    h("a", { href: `#${part.getAttribute("aria-labelledby")}` }, part.dataset.title)));
}

function scenarioArticle(scenario, index, report) {
  const id = `scenario-${index}`;
  const head = h("header", null, h("h2", { id }, scenario.name || "(no name)"), factsList(scenario), verdictBanner(scenario));
  const article = h("article", { class: "scenario", "aria-labelledby": id }, head);
  if (scenario.error && !scenario.duration_ms) return article;
  const sections = [
    thresholdsSection(scenario), feltSection(scenario, report.tail), ownSection(scenario),
    liveviewSection(scenario, report.tail), vitalsSection(scenario), timeSection(scenario, index),
    curveSection(scenario, report.tail), errorsSection(scenario), httpSection(scenario), websocketSection(scenario),
    checksSection(scenario), artifactsSection(scenario), agentsSection(scenario), everythingSection(scenario),
  ].filter(Boolean);
  article.append(keyFigures(scenario), contents(sections), ...sections);
  return article;
}

function overview(scenarios) {
  const columns = [{ label: "Scenario", kind: "name" }, { label: "Verdict", kind: "text" }, { label: "Users", kind: "number" },
    { label: "Completed", kind: "number" }, { label: "Failed", kind: "number" }, { label: "Iteration p50", kind: "number" },
    { label: "p95", kind: "number" }];
  return section("Scenarios", null, table("Scenarios", columns, scenarios.map((scenario, index) => {
    const curve = scenario.error ? null : allOf(scenario.histograms.iteration_duration_us);
    return bodyRow(columns, [h("a", { href: `#scenario-${index}` }, scenario.name || "(no name)"),
      verdictBadge(scenario), format.count(scenario.users.total),
      format.count(scenario.iterations.completed), format.count(scenario.iterations.failed),
      format.us(curveOf.percentile(curve, 50)), format.us(curveOf.percentile(curve, 95))]);
  })));
}

function showReport(report) {
  const { scenarios } = report, main = document.getElementById("main");
  document.title = `${scenarios.map((scenario) => scenario.name).join(", ") || "Nothing"} – LiveLoad report`;
  main.append(h("h1", { class: "brand" }, h("b", null, "LiveLoad"), " report"));
  if (!scenarios.length) main.append(empty("This result holds no scenario."));
  if (scenarios.length > 1) main.append(overview(scenarios));
  main.append(...scenarios.map((scenario, index) => scenarioArticle(scenario, index, report)));
  main.append(h("footer", { class: "foot" }, `LiveLoad ${report.liveload_version} · written ${format.date(report.generated_at_ms)}. `,
    "Percentiles are within 1 %; minimum and maximum are exact."));
  main.setAttribute("data-ready", "");
}

showReport(JSON.parse(document.getElementById("data").textContent));
