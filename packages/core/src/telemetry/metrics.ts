/** Labels of one series, e.g. `{method: 'GET', status: 200}`. */
export type Labels = Readonly<Record<string, string | number>>;

export interface Counter {
  add(labels?: Labels, amount?: number): void;
}
export interface Gauge {
  set(value: number, labels?: Labels): void;
}
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

type MetricType = 'counter' | 'gauge' | 'histogram';

/** Seconds; wide enough for a cached read and for a slow boot. */
const DEFAULT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** A label value that a client can choose must not be able to fill the memory. */
const MAX_SERIES = 1_000;

interface Series {
  readonly labels: string;
  value: number;
  count: number;
  readonly buckets: number[];
}

class Metric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames: readonly string[];
  readonly bounds: readonly number[];
  readonly #series = new Map<string, Series>();
  #refused = 0;

  constructor(name: string, help: string, type: MetricType, labelNames: readonly string[], bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.labelNames = labelNames;
    this.bounds = bounds;
  }

  /** How often a new series was refused because there are too many. */
  get refused(): number {
    return this.#refused;
  }

  add(labels: Labels = {}, amount = 1): void {
    const series = this.#of(labels);
    if (series) series.value += amount;
  }

  set(value: number, labels: Labels = {}): void {
    const series = this.#of(labels);
    if (series) series.value = value;
  }

  observe(value: number, labels: Labels = {}): void {
    const series = this.#of(labels);
    if (!series) return;
    series.value += value;
    series.count++;
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) series.buckets[bucket]!++;
  }

  render(): string {
    const lines = [
      `# HELP ${this.name} ${this.help.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'))}`,
      `# TYPE ${this.name} ${this.type}`,
    ];
    for (const series of this.#series.values()) {
      if (this.type === 'histogram') lines.push(...this.#renderHistogram(series));
      else lines.push(`${this.name}${braces(series.labels)} ${series.value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #of(labels: Labels): Series | undefined {
    const key = this.labelNames.map((name) => labels[name] ?? '').join('\u0000');
    const known = this.#series.get(key);
    if (known) return known;
    if (this.#series.size >= MAX_SERIES) {
      this.#refused++;
      return undefined;
    }
    const text = this.labelNames.map((name) => `${name}="${escapeValue(labels[name] ?? '')}"`).join(',');
    const series = { labels: text, value: 0, count: 0, buckets: this.bounds.map(() => 0) };
    this.#series.set(key, series);
    return series;
  }

  *#renderHistogram({ labels, value, count, buckets }: Series): Iterable<string> {
    const prefix = labels && `${labels},`;
    let total = 0;
    for (const [i, bound] of this.bounds.entries()) {
      total += buckets[i]!;
      yield `${this.name}_bucket{${prefix}le="${bound}"} ${total}`;
    }
    yield `${this.name}_bucket{${prefix}le="+Inf"} ${count}`;
    yield `${this.name}_sum${braces(labels)} ${value}`;
    yield `${this.name}_count${braces(labels)} ${count}`;
  }
}

/** Metrics of one process in Prometheus' text format: docs/adr/0003. Asking for a name twice gives the same metric. */
export class MetricRegistry {
  readonly #metrics = new Map<string, Metric>();
  readonly #collectors: (() => void | Promise<void>)[] = [];

  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    return this.#register(new Metric(name, help, 'counter', labels, []));
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    return this.#register(new Metric(name, help, 'gauge', labels, []));
  }

  /** @param bounds upper bounds of the buckets, rising. */
  histogram(
    name: string,
    help: string,
    labels: readonly string[] = [],
    bounds: readonly number[] = DEFAULT_BUCKETS,
  ): Histogram {
    return this.#register(new Metric(name, help, 'histogram', labels, bounds));
  }

  /** Calls `collect` before each rendering, for values that are read rather than counted. */
  onCollect(collect: () => void | Promise<void>): void {
    this.#collectors.push(collect);
  }

  /** The text of `/metrics` (`text/plain; version=0.0.4`). */
  async render(): Promise<string> {
    for (const collect of this.#collectors) await collect();
    const metrics = [...this.#metrics.values()];
    const refused = metrics.reduce((sum, metric) => sum + metric.refused, 0);
    const own = new Metric(
      'kumo_metric_series_refused_total',
      'Values not counted because a metric has too many series.',
      'counter',
      [],
      [],
    );
    own.add({}, refused);
    return [...metrics, own].map((metric) => metric.render()).join('');
  }

  #register(metric: Metric): Metric {
    const known = this.#metrics.get(metric.name);
    if (known) {
      if (known.type === metric.type && known.labelNames.join() === metric.labelNames.join()) return known;
      throw new Error(
        `The metric ${metric.name} exists already, as a ${known.type} with labels (${known.labelNames.join(', ')}).`,
      );
    }
    const names = [metric.name, ...metric.labelNames];
    if (!names.every((name) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)))
      throw new Error(`${names.join(', ')}: not all are metric names.`);
    this.#metrics.set(metric.name, metric);
    return metric;
  }
}

function braces(labels: string): string {
  return labels && `{${labels}}`;
}

function escapeValue(value: string | number): string {
  return String(value).replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}
