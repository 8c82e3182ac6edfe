// The tables of a scenario. Each returns a section, or null where there was nothing to measure of that kind.
"use strict";

const PERCENTILE_COLUMNS = [["p50", 50], ["p75", 75], ["p95", 95], ["p99", 99], ["max", 100]];

const byOf = (metric) => (metric ? metric.by : []);
const allOf = (metric) => (metric ? metric.all : null);
const totalOf = (counter) => (counter ? counter.all : 0);
// How every request ended: answered by its status, or not at all, which is among the failures alone, under its error. (A
// failure under a status, or an error after one, was answered and is not counted twice; of those folded into "other" some
// may be.) As the thresholds count them.
function requestsByEnd(scenario) {
  const isStatus = (label) => /^\d{3}$/.test(label), sum = (pairs) => pairs.reduce((total, [, count]) => total + count, 0);
  const answers = byOf(scenario.counters.http_requests), failures = byOf(scenario.counters.http_request_failures);
  const badAnswers = sum(answers.filter(([label]) => label === "other" || label >= "4"));
  const foldedAnswers = Math.max(0, badAnswers - sum(failures.filter(([label]) => isStatus(label))));
  const ends = new Map(answers);
  for (const [label, count] of failures) {
    if (isStatus(label) || / after \d{3}$/.test(label)) continue;
    const unanswered = label === "other" ? Math.max(0, count - foldedAnswers) : count;
    if (unanswered) ends.set(label, (ends.get(label) || 0) + unanswered);
  }
  return [...ends];
}

const requestsOf = (scenario) => requestsByEnd(scenario).reduce((total, [, count]) => total + count, 0);
const largestFirst = (pairs) => [...pairs].sort((a, b) => b[1] - a[1]);

function thresholdsSection(scenario) {
  const title = "Thresholds";
  if (!scenario.thresholds.length)
    return section(title, null, empty("No thresholds were set, so nothing could fail. A scenario's thresholds table, or --threshold on the command line, sets them."));
  const columns = [{ label: "Expression", kind: "name" }, { label: "Observed", kind: "reading" }, { label: "Held", kind: "text" }];
  const failedFirst = [...scenario.thresholds].sort((a, b) => a.held - b.held);
  return section(title, null, table(title, columns, failedFirst.map((threshold) => bodyRow(columns, [
    h("span", { class: "code" }, threshold.expression),
    threshold.observed_text,
    badge(threshold.held ? "good" : "bad", threshold.held ? "held" : "failed"),
  ]))));
}

function badge(kind, words) {
  return h("span", { class: `badge ${kind}` }, words);
}

// ── What users felt ──

// From the 1st to the 99th percentile on a logarithmic scale shared by the table; the numbers stand beside it.
function spread(curve, scale) {
  const at = (p) => 100 * scale(Math.max(curveOf.percentile(curve, p), 1));
  const line = (p, className) => svg("line", { x1: `${at(p)}%`, x2: `${at(p)}%`, y1: 2, y2: 14, class: className });
  return svg("svg", { class: "spread", "aria-hidden": "true" },
    svg("line", { x1: `${at(1)}%`, x2: `${at(99)}%`, y1: 8, y2: 8, class: "range" }),
    svg("rect", { x: `${at(25)}%`, width: `${Math.max(at(75) - at(25), 0.5)}%`, y: 3, height: 10, rx: 2, class: "middle" }),
    line(95, "p95"), line(50, "median"));
}

function spreadScale(curves) {
  const low = Math.log(Math.min(...curves.map((curve) => Math.max(curveOf.percentile(curve, 1), 1))));
  const high = Math.log(Math.max(...curves.map((curve) => Math.max(curveOf.percentile(curve, 99), 1))));
  return (value) => (high > low ? (Math.log(value) - low) / (high - low) : 0.5);
}

// A row whose button opens the quantile curve below it.
function durationRows(columns, name, curve, scale, tail) {
  const id = freshId("curve");
  const detail = h("tr", { class: "detail", id, hidden: true }, h("td", { colspan: columns.length }));
  const toggle = (event) => {
    detail.hidden = !detail.hidden;
    event.currentTarget.setAttribute("aria-expanded", String(!detail.hidden));
    if (!detail.hidden && !detail.firstChild.firstChild)
      detail.firstChild.append(percentileChart(null, `Percentiles of ${name}`, "us", curve, tail));
  };
  const button = h("button", { class: "expander", type: "button", "aria-expanded": "false", "aria-controls": id, onclick: toggle }, name);
  const cells = [button, format.count(curveOf.count(curve)),
    ...PERCENTILE_COLUMNS.map(([, p]) => format.us(curveOf.percentile(curve, p))), spread(curve, scale)];
  return [bodyRow(columns, cells), detail];
}

// groups: [[title, [[name, curve], …]], …]; those without rows are left out. Null when all are.
function durationsTable(title, all, tail) {
  const groups = all.filter(([, rows]) => rows.length);
  if (!groups.length) return null;
  const columns = [{ label: "Name", kind: "name" }, { label: "Count", kind: "number" },
    ...PERCENTILE_COLUMNS.map(([label]) => ({ label, kind: "number" })),
    { label: "Distribution, log scale", kind: "wide", title: "line: p1 to p99, box: p25 to p75, marks: p50 and p95" }];
  const scale = spreadScale(groups.flatMap(([, rows]) => rows.map(([, curve]) => curve)));
  const bodies = groups.map(([label, rows]) => h("tbody", null,
    h("tr", { class: "group" }, h("th", { scope: "rowgroup", colspan: columns.length }, label)),
    rows.map(([name, curve]) => durationRows(columns, name, curve, scale, tail))));
  return table(title, columns, bodies);
}

function feltSection(scenario, tail) {
  const title = "What users felt", whole = allOf(scenario.histograms.iteration_duration_us);
  const durations = durationsTable(title, [
    ["Iteration", whole ? [["whole iteration", whole]] : []],
    ["Steps", byOf(scenario.histograms.step_duration_us)],
    ["Actions", byOf(scenario.histograms.action_duration_us)],
  ], tail);
  if (!durations) return section(title, null, empty("No iteration, step or action completed, so there is nothing to time."));
  return section(title, "Completed ones only, without the scenario's own waiting. A name opens its curve of percentiles.", durations);
}

// What ll.counter and ll.histogram declared.
function ownSection(scenario) {
  const own = (metrics) => Object.entries(metrics).filter(([, metric]) => metric.is_own);
  const counters = own(scenario.counters), histograms = own(scenario.histograms), title = "Measured by the scenario";
  if (!counters.length && !histograms.length) return null;
  const seconds = scenario.duration_ms / 1000, perSecond = (count) => (seconds > 0 ? threeDigits(count / seconds) : NOTHING);
  const columns = [{ label: "Metric", kind: "name" }, ...["Count", "per second", "mean", ...PERCENTILE_COLUMNS.map(([label]) => label)]
    .map((label) => ({ label, kind: "number" }))];
  const row = (name, count, values) => bodyRow(columns, [h("span", { class: "code" }, name), format.count(count), perSecond(count), ...values]);
  return section(title, null, table(title, columns, [
    ...counters.map(([name, { all }]) => row(name, all, [NOTHING, ...PERCENTILE_COLUMNS.map(() => NOTHING)])),
    ...histograms.map(([name, { all, unit }]) => row(name, curveOf.count(all),
      [curveOf.mean(all), ...PERCENTILE_COLUMNS.map(([, p]) => curveOf.percentile(all, p))].map((value) => format.value(unit, value))))]));
}

// ── Errors ──

function shareBar(share, kind) {
  return h("span", { class: `bar ${kind || ""}`, "aria-hidden": "true" }, h("i", { style: `width:${(100 * share).toFixed(1)}%` }));
}

function exampleOf(scenario, signature) {
  const sample = scenario.failures.find((failure) => failure.signature === signature);
  if (!sample) return null;
  const where = `user ${sample.user}, iteration ${sample.iteration}`;
  return h("p", { class: "example small soft" }, `For example ${where}: `, h("span", { class: "code" }, sample.detail));
}

function errorsSection(scenario) {
  const title = "Errors";
  const failed = scenario.counters.iterations_failed;
  if (!totalOf(failed))
    return section(title, null, empty(endedIterations(scenario) ? "No iteration failed." : "No iteration ended, so none failed either."));
  const columns = [{ label: "Signature", kind: "name" }, { label: "Count", kind: "number" },
    { label: "Of the failures", kind: "number" }, { label: "", kind: "wide" }];
  const rows = largestFirst(byOf(failed)).map(([signature, count]) => bodyRow(columns, [
    [signature || "(no signature)", exampleOf(scenario, signature), evidenceOf(scenario, signature)], format.count(count), format.share(count / totalOf(failed)),
    shareBar(count / totalOf(failed), "bad")]));
  const note = `${format.plural(totalOf(failed), "iteration")} of ${format.count(endedIterations(scenario))} failed, ${format.share(totalOf(failed) / endedIterations(scenario))}.`;
  return section(title, note, table(title, columns, rows));
}

function endedIterations(scenario) {
  return scenario.iterations.completed + scenario.iterations.failed;
}

function checksSection(scenario) {
  const passed = new Map(byOf(scenario.counters.checks_passed)), failed = new Map(byOf(scenario.counters.checks_failed));
  const names = [...new Set([...failed.keys(), ...passed.keys()])];
  if (!names.length) return null;
  const columns = [{ label: "Check", kind: "name" }, { label: "Passed", kind: "number" }, { label: "Failed", kind: "number" },
    { label: "Pass rate", kind: "number" }, { label: "", kind: "wide" }];
  const rows = names.map((name) => {
    const good = passed.get(name) || 0, bad = failed.get(name) || 0;
    return bodyRow(columns, [name, format.count(good), h("span", { class: bad ? "bad-text" : "soft" }, format.count(bad)),
      format.share(good / (good + bad)), shareBar(good / (good + bad))]);
  });
  return section("Checks", null, table("Checks", columns, rows));
}

// ── HTTP and WebSocket ──

function httpTypesTable(scenario) {
  const durations = byOf(scenario.histograms.http_request_duration_us);
  if (!durations.length) return null;
  const ttfb = new Map(byOf(scenario.histograms.http_request_ttfb_us)), sizes = new Map(byOf(scenario.histograms.http_request_bytes));
  const columns = [{ label: "Resource type", kind: "name" }, { label: "Count", kind: "number" }, { label: "p50", kind: "number" },
    { label: "p95", kind: "number" }, { label: "p99", kind: "number" }, { label: "max", kind: "number" },
    { label: "first byte p95", kind: "number", title: "request sent to first header byte" },
    { label: "mean size", kind: "number" }, { label: "received", kind: "number" }];
  const rows = [...durations].sort((a, b) => curveOf.count(b[1]) - curveOf.count(a[1])).map(([type, curve]) => bodyRow(columns, [
    type, format.count(curveOf.count(curve)), ...[50, 95, 99, 100].map((p) => format.us(curveOf.percentile(curve, p))),
    format.us(curveOf.percentile(ttfb.get(type), 95)), format.bytes(curveOf.mean(sizes.get(type))),
    sizes.has(type) ? format.bytes(curveOf.sum(sizes.get(type))) : NOTHING]));
  return table("HTTP requests by resource type", columns, rows);
}

function httpStatusTable(scenario) {
  const all = requestsByEnd(scenario), sum = requestsOf(scenario);
  if (!sum) return null;
  const isBad = (status) => !/^[123]\d\d$/.test(status);
  const columns = [{ label: "Status or error", kind: "name" }, { label: "Count", kind: "number" }, { label: "Share", kind: "number" },
    { label: "", kind: "wide" }];
  return table("HTTP requests by status", columns, largestFirst(all).map(([status, count]) => bodyRow(columns, [
    h("span", { class: isBad(status) ? "bad-text" : null }, status), format.count(count), format.share(count / sum),
    shareBar(count / sum, isBad(status) ? "bad" : "")])));
}

// Nothing happened, or nobody looked.
function noRequests(scenario) {
  return scenario.not_measured.includes("http_requests") ? "Not measured by this kind of browser." : "No HTTP request was seen.";
}

function httpSection(scenario) {
  const types = httpTypesTable(scenario), statuses = httpStatusTable(scenario);
  if (!types && !statuses) return section("HTTP", null, empty(noRequests(scenario)));
  return section("HTTP", null, types, statuses ? h("div", { style: "margin-top:24px" }, statuses) : null);
}

function websocketSection(scenario) {
  const opened = new Map(byOf(scenario.counters.websocket_connections_opened));
  const closed = new Map(byOf(scenario.counters.websocket_connections_closed));
  const refused = new Map(byOf(scenario.counters.websocket_connections_refused));
  const sent = new Map(byOf(scenario.histograms.websocket_frame_sent_bytes));
  const received = new Map(byOf(scenario.histograms.websocket_frame_received_bytes));
  const urls = [...new Set([...opened.keys(), ...closed.keys(), ...refused.keys(), ...sent.keys(), ...received.keys()])];
  if (!urls.length) return null;
  const columns = [{ label: "URL", kind: "name" }, ...["opened", "closed", "refused", "frames sent", "frames received", "sent", "received"]
    .map((label) => ({ label, kind: "number" }))];
  return section("WebSocket", null, table("WebSocket", columns, urls.map((url) => bodyRow(columns, [
    url, format.count(opened.get(url) || 0), format.count(closed.get(url) || 0),
    h("span", { class: refused.get(url) ? "bad-text" : null }, format.count(refused.get(url) || 0)),
    format.count(curveOf.count(sent.get(url))), format.count(curveOf.count(received.get(url))),
    format.bytes(curveOf.sum(sent.get(url))), format.bytes(curveOf.sum(received.get(url)))]))));
}

// ── Agents ──

function agentsSection(scenario) {
  if (!scenario.nodes.length) return section("Agents", null, empty("No agent took part."));
  const columns = [{ label: "Agent", kind: "name" }, { label: "Status", kind: "text" }, { label: "Users", kind: "number" },
    { label: "Iterations", kind: "number" },
    { label: "Machine CPU", kind: "number", title: "the highest of the whole machine over a bucket" },
    { label: "Agent CPU", kind: "number", title: "the highest of the agent process over a bucket, of one core" },
    { label: "Agent memory", kind: "number" },
    { label: "Loop lag p99", kind: "number", title: "how late the agent's own loop ran a timer" },
    { label: "CDP round trip p95", kind: "number", title: "an empty DevTools command there and back" }];
  const rows = scenario.nodes.map((node) => bodyRow(columns, [
    [node.name, node.browser ? h("p", { class: "example small soft" }, node.browser) : null,
      node.error ? h("p", { class: "example small bad-text" }, node.error) : null],
    badge(node.lost || node.error ? "bad" : "good", node.lost ? "lost" : node.error ? "error" : "ok"),
    format.count(node.users_total), format.count(node.iterations),
    format.share(node.cpu_permille / 1000), format.share(node.agent_cpu_permille / 1000), format.bytes(node.rss_bytes),
    format.us(node.loop_lag_p99_us), format.us(node.cdp_roundtrip_p95_us)]));
  const { verdict, share } = scenario.generator;
  const own = share === null ? "" : `: ${format.share(share)} of the p95 of iterations is its own`;
  return section("Agents", `The generator is ${verdict}${own}. Peaks. An agent that is short of processor time, or slow to answer itself, measures its own delays too.`,
    table("Agents", columns, rows));
}

// ── Everything recorded ──

function filterable(title, count, columns, rows) {
  const nothing = empty("Nothing matches.");
  nothing.hidden = true;
  const onFilter = (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      shown += row.hidden ? 0 : 1;
    }
    nothing.hidden = shown > 0;
  };
  return h("details", null,
    h("summary", null, `${title} `, h("span", { class: "soft" }, `${format.count(count)} rows`)),
    h("div", { class: "inside" },
      h("label", { class: "filter" }, "Filter", h("input", { type: "search", oninput: onFilter, placeholder: "metric or value" })),
      table(title, columns, rows), nothing));
}

function metricCell(name, metric, label) {
  return [h("span", { class: "code", title: metric.meaning }, name),
    label === null ? null : h("span", { class: "soft" }, ` ${metric.dimension} `), label === null ? null : label || "(none)"];
}

function allHistograms(scenario) {
  const columns = [{ label: "Histogram", kind: "name" }, { label: "Count", kind: "number" }, { label: "mean", kind: "number" },
    { label: "min", kind: "number" }, ...PERCENTILE_COLUMNS.map(([label]) => ({ label, kind: "number" }))];
  const rows = [];
  for (const [name, metric] of Object.entries(scenario.histograms))
    for (const [label, curve] of [[null, metric.all], ...metric.by])
      rows.push(bodyRow(columns, [metricCell(name, metric, label), format.count(curveOf.count(curve)),
        format.value(metric.unit, curveOf.mean(curve)),
        ...[0, ...PERCENTILE_COLUMNS.map(([, p]) => p)].map((p) => format.value(metric.unit, curveOf.percentile(curve, p)))]));
  return rows.length ? filterable("All histograms", rows.length, columns, rows) : null;
}

function allCounters(scenario) {
  const columns = [{ label: "Counter", kind: "name" }, { label: "Count", kind: "number" }, { label: "per second", kind: "number" }];
  const seconds = scenario.duration_ms / 1000, rows = [];
  for (const [name, metric] of Object.entries(scenario.counters))
    for (const [label, count] of [[null, metric.all], ...metric.by])
      rows.push(bodyRow(columns, [metricCell(name, metric, label), format.count(count),
        seconds > 0 ? threeDigits(count / seconds) : NOTHING]));
  return rows.length ? filterable("All counters", rows.length, columns, rows) : null;
}

function everythingSection(scenario) {
  const tables = [allHistograms(scenario), allCounters(scenario)].filter(Boolean);
  const content = section("Everything recorded", "Every metric that has data, and each value of its dimension.",
    tables.length ? tables : empty("Nothing was recorded."));
  content.classList.add("long");
  return content;
}
