// What browsers say of pages: Web Vitals and Phoenix LiveView. Null where there was nothing of that kind.
"use strict";

// A vital is good up to the first limit and poor beyond the second, judged at the 75th percentile of page loads:
// https://web.dev/articles/vitals and https://web.dev/articles/ttfb
const VITALS = [
  { label: "LCP", metric: "web_vital_lcp_us", limits: [2.5e6, 4e6], title: "Largest Contentful Paint" },
  { label: "INP", metric: "web_vital_inp_us", limits: [200e3, 500e3], title: "Interaction to Next Paint" },
  { label: "CLS", metric: "web_vital_cls", limits: [100, 250], title: "Cumulative Layout Shift" },
  { label: "FCP", metric: "web_vital_fcp_us", limits: [1.8e6, 3e6], title: "First Contentful Paint" },
  { label: "TTFB", metric: "web_vital_ttfb_us", limits: [800e3, 1.8e6], title: "Time to First Byte" },
];

const PAGES_SHOWN = 20;

// CLS is kept times 1,000.
const vitalText = (vital, value) =>
  vital.metric === "web_vital_cls" && value !== null ? (value / 1000).toFixed(value < 10 ? 3 : 2) : format.us(value);

function vitalCell(vital, curve) {
  const value = curveOf.percentile(curve, 75);
  const isPoor = value !== null && value > vital.limits[1], isFair = !isPoor && value !== null && value > vital.limits[0];
  const words = isPoor ? "poor" : isFair ? "needs improvement" : null;
  return [h("span", { class: isPoor ? "bad-text" : null, title: words }, vitalText(vital, value)),
    words ? h("p", { class: `example small ${isPoor ? "bad-text" : "soft"}` }, words) : null];
}

function vitalsNote(scenario) {
  const named = (names) => VITALS.filter((vital) => names.includes(vital.metric)).map((vital) => vital.label).join(", ");
  const estimated = named(scenario.estimated), lacking = named(scenario.not_measured);
  return ["The 75th percentile of page loads, as Google's limits have it.",
    estimated && `Estimated, since pages were drawn less often than a browser draws them: ${estimated}.`,
    lacking && `Not measured by these browsers: ${lacking}.`].filter(Boolean).join(" ");
}

function vitalsSection(scenario) {
  const title = "Web Vitals", byVital = VITALS.map((vital) => new Map(byOf(scenario.histograms[vital.metric])));
  const pages = [...new Set(byVital.flatMap((curves) => [...curves.keys()]))];
  if (!pages.length) return null;
  const loads = (page) => Math.max(...byVital.map((curves) => curveOf.count(curves.get(page))));
  const columns = [{ label: "Page", kind: "name" }, { label: "Loads", kind: "number" },
    ...VITALS.map(({ label, title: meaning }) => ({ label, kind: "number", title: meaning }))];
  const rows = pages.sort((a, b) => loads(b) - loads(a)).slice(0, PAGES_SHOWN).map((page) => bodyRow(columns, [
    page, format.count(loads(page)), ...VITALS.map((vital, i) => vitalCell(vital, byVital[i].get(page)))]));
  const more = pages.length - rows.length;
  return section(title, vitalsNote(scenario), table(title, columns, rows),
    more > 0 ? h("p", { class: "note" }, `${format.plural(more, "more page")}, not loaded as often, under “Everything recorded”.`) : null);
}

const LIVEVIEW_COUNTERS = [
  ["liveview_navigations", "navigation"], ["liveview_disconnections", "connection lost"],
  ["liveview_reconnections", "connected again"], ["liveview_canceled_loads", "load cancelled"],
];

function liveviewEventsTable(scenario) {
  const rows = LIVEVIEW_COUNTERS.flatMap(([metric, words]) => byOf(scenario.counters[metric]).map(([label, count]) => [words, label, count]));
  if (!rows.length) return null;
  const columns = [{ label: "What happened", kind: "name" }, { label: "Where, or of which kind", kind: "text" }, { label: "Count", kind: "number" }];
  return table("LiveView events", columns, rows.map(([words, label, count]) => bodyRow(columns, [words, label, format.count(count)])));
}

function liveviewSection(scenario, tail) {
  const title = "LiveView", { histograms } = scenario;
  const durations = durationsTable(title, [
    ["Connected, by page", byOf(histograms.liveview_connection_duration_us)],
    ["Connected again, by page", byOf(histograms.liveview_reconnection_duration_us)],
    ["Page loading, by kind", byOf(histograms.liveview_page_loading_duration_us)],
    ["Waited for the server, by loading class", byOf(histograms.liveview_loading_class_duration_us)],
  ], tail);
  const events = liveviewEventsTable(scenario);
  if (!durations && !events) return null;
  return section(title, "As LiveView's own client showed it to the user.", durations,
    events ? h("div", { style: durations ? "margin-top:24px" : null }, events) : null);
}
