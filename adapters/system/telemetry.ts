import process from "node:process";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../../ports/clock.ts";
import type { SafeFields, Telemetry } from "../../ports/telemetry.ts";
import { createRepeatedLines } from "./repeated-lines.ts";

type Level = Parameters<Telemetry["log"]>[0];
type Labels = Readonly<Record<string, string>>;

const prefix = "tidegate_";
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Bound of one metric's label combinations; what comes later is counted together under `overflow`. */
const seriesMax = 1_000;
const overflow = "overflow";

interface Series<M> {
  readonly metric: M;
  /** Of the first use: a metric's label names can't change. */
  readonly labelNames: readonly string[];
  readonly seen: Set<string>;
}

function bareWord(value: unknown): string {
  const text = String(value);
  return /^[\w.:/{}@+-]+$/.test(text) ? text : JSON.stringify(text);
}

function textLine(atMs: number, level: Level, what: string, fields: SafeFields): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${bareWord(value)}`);
  return `${new Date(atMs).toISOString()} ${level.padEnd(5)} ${what.replaceAll(/[\r\n]/g, " ")}${pairs.join("")}\n`;
}

function jsonLine(atMs: number, level: Level, what: string, fields: SafeFields): string {
  const own = { time: new Date(atMs).toISOString(), level, message: what };
  return `${JSON.stringify({ ...own, ...fields, ...own })}\n`;
}

/** What makes two failures the same: their words, not their numbers nor the request they came with. */
function sameness(level: Level, what: string, fields: SafeFields): string {
  const words = Object.entries(fields).filter(([name, value]) => typeof value === "string" && name !== "request_id");
  return JSON.stringify([level, what, words]);
}

/** The labels of one observation: those the metric has, and no more combinations of them than `seriesMax`. */
function boundedLabels(series: Series<unknown>, labels: Labels): Record<string, string> {
  const values = series.labelNames.map((name) => labels[name] ?? "");
  const key = JSON.stringify(values);
  const known = series.seen.has(key) || series.seen.size < seriesMax;
  if (known) series.seen.add(key);
  return Object.fromEntries(
    series.labelNames.map((name, index) => [name, known ? (values[index] as string) : overflow]),
  );
}

/** Makes the look-up that creates a metric at its first use, with the label names of that use. */
function createSeries<M>(make: (name: string, labelNames: string[]) => M): (name: string, labels: Labels) => Series<M> {
  const all = new Map<string, Series<M>>();
  return function seriesOf(name, labels) {
    const found = all.get(name);
    if (found) return found;
    const labelNames = Object.keys(labels).sort();
    const series = { metric: make(`${prefix}${name}`, labelNames), labelNames, seen: new Set<string>() };
    all.set(name, series);
    return series;
  };
}

/**
 * Opens logs and metrics: lines on stdout (info) and stderr (warn, error), and a Prometheus registry. The same warning
 * or error is said once a minute; `times` counts those it stands for.
 *
 * Shape: "json" is one object a line, "text" is for people, "auto" is text on a terminal and JSON elsewhere. Metric
 * names are given without the prefix `tidegate_`.
 */
export function openTelemetry(options: {
  readonly clock: Clock;
  readonly format?: "json" | "text" | "auto";
  readonly out?: (line: string) => void;
  readonly err?: (line: string) => void;
}): Telemetry {
  const { clock, format = "auto" } = options;
  const out = options.out ?? ((line: string) => void process.stdout.write(line));
  const err = options.err ?? ((line: string) => void process.stderr.write(line));
  const readable = format === "text" || (format === "auto" && process.stdout.isTTY === true);
  const lineOf = readable ? textLine : jsonLine;
  const timesToSay = createRepeatedLines();
  const registry = new Registry();
  const registers = [registry];
  const help = (name: string) => name.slice(prefix.length).replaceAll("_", " ");
  const counters = createSeries((name, labelNames) => new Counter({ name, help: help(name), labelNames, registers }));
  const gauges = createSeries((name, labelNames) => new Gauge({ name, help: help(name), labelNames, registers }));
  const histograms = createSeries(
    (name, labelNames) =>
      new Histogram({ name, help: help(name), labelNames, registers, buckets: [...secondsBuckets] }),
  );

  return {
    log(level, what, fields = {}) {
      const nowMs = clock.nowMs();
      if (level === "info") return out(lineOf(nowMs, level, what, fields));
      const times = timesToSay(sameness(level, what, fields), nowMs);
      if (times !== null) err(lineOf(nowMs, level, what, times > 1 ? { ...fields, times } : fields));
    },
    count(name, by = 1, labels = {}) {
      const series = counters(name, labels);
      series.metric.inc(boundedLabels(series, labels), by);
    },
    gauge(name, value, labels = {}) {
      const series = gauges(name, labels);
      series.metric.set(boundedLabels(series, labels), value);
    },
    observe(name, seconds, labels = {}) {
      const series = histograms(name, labels);
      series.metric.observe(boundedLabels(series, labels), seconds);
    },
    render: () => registry.metrics(),
  };
}
