// Numbers for people. Durations come in microseconds, sizes in bytes, shares from 0 to 1.
"use strict";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const NOTHING = "–";

// Three significant digits, without an exponent.
function threeDigits(value) {
  if (value === 0) return "0";
  if (value >= 999.5) return grouped.format(value);
  if (value < 0.0995) return value.toPrecision(2); // "0.00" would be none
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

const format = {
  count: (n) => grouped.format(n),

  us(us) {
    if (us === null || us === undefined) return NOTHING;
    if (us < 999.5) return `${Math.round(us)} µs`;
    if (us < 999.5e3) return `${threeDigits(us / 1e3)} ms`;
    if (us < 120e6) return `${threeDigits(us / 1e6)} s`;
    const minutes = Math.floor(us / 60e6), seconds = Math.floor((us % 60e6) / 1e6);
    return seconds ? `${minutes} min ${seconds} s` : `${minutes} min`;
  },

  bytes(bytes) {
    if (bytes === null || bytes === undefined) return NOTHING;
    if (bytes < 999.5) return `${Math.round(bytes)} B`;
    if (bytes < 999.5e3) return `${threeDigits(bytes / 1e3)} KB`;
    if (bytes < 999.5e6) return `${threeDigits(bytes / 1e6)} MB`;
    return `${threeDigits(bytes / 1e9)} GB`;
  },

  plain: (value) => (value === null || value === undefined ? NOTHING : threeDigits(value)),

  // On an axis: as short as it can be, "2 s" rather than "2.00 s".
  tick: (unit, value) => (value === 0 ? "0" : format.value(unit, value).replace(/(\.\d*?)0+(?=\s|$)/, "$1").replace(/\.(?=\s|$)/, "")),

  // "us", "bytes" or "" from the metric table.
  value: (unit, value) => (unit === "us" ? format.us(value) : unit === "bytes" ? format.bytes(value) : format.plain(value)),

  share(share) {
    const percent = share * 100;
    if (percent === 0) return "0 %";
    if (percent > 0 && percent < 0.01) return "< 0.01 %";
    if (percent < 100 && percent > 99.99) return "> 99.99 %";
    if (percent === 100) return "100 %";
    return `${percent.toFixed(percent < 1 || percent > 99 ? 2 : 1)} %`;
  },

  perSecond: (rate) => `${threeDigits(rate)}/s`,

  // Seconds since the start: "1:05", "1:00:05".
  clock(seconds) {
    const whole = Math.round(seconds), two = (n) => String(n).padStart(2, "0");
    const h = Math.floor(whole / 3600), m = Math.floor((whole % 3600) / 60), s = whole % 60;
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  },

  // A damaged file may state a time that is no date.
  date(ms) {
    const date = new Date(ms);
    if (Number.isNaN(date.getTime())) return NOTHING;
    const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
      hourCycle: "h23", timeZoneName: "short" };
    return new Intl.DateTimeFormat("en-GB", options).format(date);
  },

  plural: (n, one, many) => `${grouped.format(n)} ${n === 1 ? one : many || `${one}s`}`,
};

// A curve is [count, sum, 101 quantiles at 1 % steps, three of the tail].
const curveOf = {
  count: (curve) => (curve ? curve[0] : 0),
  sum: (curve) => (curve ? curve[1] : 0),
  // The p-th percentile, p a whole number from 0 to 100; null when there are no samples.
  percentile: (curve, p) => (curve && curve[0] > 0 ? curve[2][p] : null),
  mean: (curve) => (curve && curve[0] > 0 ? curve[1] / curve[0] : null),
};
