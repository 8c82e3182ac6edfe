// Drawing with uPlot: what every chart of the page shares, and the two kinds there are (over time, by percentile).
//
// A chart is made when it comes near the window, so that a report of many scenarios opens as fast as one of one, and
// again when the colours change (light, dark, print), since a canvas does not follow the style sheet.
"use strict";

const charts = [];
const CHART_HEIGHT = 230;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const nearby = new IntersectionObserver((entries) => {
  for (const entry of entries)
    if (entry.isIntersecting) drawChart(charts.find((chart) => chart.box === entry.target));
}, { rootMargin: "600px" });

const resized = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const chart = charts.find((candidate) => candidate.box === entry.target);
    if (chart && chart.plot && entry.contentRect.width > 0)
      chart.plot.setSize({ width: Math.floor(entry.contentRect.width), height: CHART_HEIGHT });
  }
});

// A figure whose chart `make(width)` describes: { options, data }. `words` says for those who cannot see it what it shows.
function chartFigure(title, words, make, className) {
  const box = h("div", { role: "img", "aria-label": words });
  const figure = h("figure", { class: `chart ${className || ""}`, style: null }, title ? h("h4", null, title) : null, box);
  const chart = { box, make, plot: null };
  charts.push(chart);
  nearby.observe(box);
  resized.observe(box);
  return figure;
}

function drawChart(chart) {
  if (!chart || chart.plot || chart.box.clientWidth === 0) return;
  const { options, data } = chart.make(chart.box.clientWidth);
  const markers = { width: 0, fill: (_, i) => options.series[i].stroke };
  chart.plot = new uPlot({ width: chart.box.clientWidth, height: CHART_HEIGHT, legend: { markers }, ...options }, data, chart.box);
}

function redrawCharts(which) {
  for (const chart of charts) {
    if (which === "drawn" && !chart.plot) continue;
    if (chart.plot) chart.plot.destroy();
    chart.plot = null;
    drawChart(chart);
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redrawCharts("drawn"));
addEventListener("beforeprint", () => {
  document.documentElement.setAttribute("data-print", "");
  redrawCharts("all");
});
addEventListener("afterprint", () => {
  document.documentElement.removeAttribute("data-print");
  redrawCharts("drawn");
});

function axisStyle() {
  return { stroke: colour("soft"), font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif",
    labelSize: 18, labelGap: 0, gap: 6, grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
}

function valueAxis(label, unit, scale, extra) {
  return { ...axisStyle(), scale, label, size: unit ? 58 : 42, values: (_, ticks) => ticks.map((tick) => format.tick(unit, tick)),
    ...extra };
}

const fromZero = { range: (_, low, high) => [0, high > 0 ? high * 1.08 : 1] };

function lineSeries(label, colourName, unit, extra) {
  return { label, stroke: colour(colourName), width: 1.75, value: (_, value) => format.value(unit, value),
    points: { filter: lonelyPoints, size: 5, fill: colour(colourName) }, ...extra };
}

// A sample between two gaps has no line to either side: it gets a dot.
function lonelyPoints(plot, index, show) {
  const values = plot.data[index];
  const lonely = [];
  for (let i = 0; i < values.length; i++)
    if (values[i] !== null && values[i] !== undefined && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null)
      lonely.push(i);
  return lonely;
}

// A chart over time. `lines`: [{ label, colour, unit, values, scale, stepped, dash }], `axes`: made by valueAxis.
function timeChart(title, words, group, seconds, lines, axes, scales) {
  return chartFigure(title, words, () => ({
    data: [seconds, ...lines.map((line) => line.values)],
    options: {
      cursor: { sync: { key: group }, points: { size: 7 } },
      scales: { x: { time: false, range: (_, low, high) => [low, high > low ? high : low + 1] }, ...scales },
      axes: [
        { ...axisStyle(), label: "time since the start (min:s)", size: 30, space: 60,
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400],
          values: (_, ticks) => ticks.map(format.clock) },
        ...axes(),
      ],
      series: [
        { label: "at", value: (_, value) => (value === null || value === undefined ? NOTHING : format.clock(value)) },
        ...lines.map((line) => lineSeries(line.label, line.colour, line.unit, {
          scale: line.scale || "y",
          dash: line.dash,
          paths: line.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
        })),
      ],
    },
  }));
}

// Where percentiles stand: each nine of the tail gets as much room as the one before, as in HdrHistogram's plots.
const tailPosition = (q) => -Math.log10(1 - q);
const PERCENTILE_TICKS = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];

// The points of a curve as far as its samples carry, and the exact maximum at the end.
function percentilePoints(curve, tail) {
  const [count, , values, tailValues] = curve;
  const points = values.slice(0, 100).map((value, i) => [i / 100, value]);
  tail.forEach((q, i) => points.push([q, tailValues[i]]));
  const carried = points.filter(([q]) => q === 0 || 1 / (1 - q) <= count);
  const last = tailPosition(carried[carried.length - 1][0]);
  const x = carried.map(([q]) => tailPosition(q)), y = carried.map(([, value]) => value);
  x.push(Math.max(last + 0.02, Math.log10(count)));
  y.push(values[100]);
  return { x, y, names: [...carried.map(([q]) => `p${+(q * 100).toFixed(2)}`), "max"] };
}

function percentileChart(title, words, unit, curve, tail) {
  const { x, y, names } = percentilePoints(curve, tail);
  return chartFigure(title, words, (width) => ({
    data: [x, y],
    options: {
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: false, range: () => [0, x[x.length - 1]] }, y: fromZero },
      axes: [
        { ...axisStyle(), label: "percentile", size: 30,
          splits: () => PERCENTILE_TICKS.filter((q) => (width > 560 || ![0.75, 0.95].includes(q))).map(tailPosition)
            .filter((position) => position <= x[x.length - 1]),
          values: (_, ticks) => ticks.map((tick) => `${+(100 * (1 - 10 ** -tick)).toFixed(2)} %`) },
        valueAxis(unit === "us" ? "duration" : "size", unit, "y"),
      ],
      series: [
        { label: "percentile", value: (_, value, __, i) => (i === null || i === undefined ? NOTHING : names[i]) },
        { ...lineSeries("value", "series-2", unit), value: (_, value) => format.value(unit, value), fill: colour("accent-wash"),
          points: { show: false } },
      ],
    },
  }), "alone");
}
