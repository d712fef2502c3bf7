/** What may be logged or measured: numbers, flags, and words of our own (codes, ids we minted), never event values. */
export type SafeFields = Readonly<Record<string, number | boolean | SafeWord | null>>;

/** A code, an id we minted, a route's pattern or a file of ours; branded by `word` so that event text can't slip in. */
export type SafeWord = string & { readonly __safe: true };

/** Marks a string as one of our own words. Never call it on anything that came with an event. */
export function word(text: string): SafeWord {
  return text as SafeWord;
}

export interface Telemetry {
  log(level: "info" | "warn" | "error", what: string, fields?: SafeFields): void;
  /** Adds to a counter. Labels are codes of ours. */
  count(name: string, by?: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Units: seconds. */
  observe(name: string, seconds: number, labels?: Readonly<Record<string, string>>): void;
  /** Prometheus text. */
  render(): Promise<string>;
}
