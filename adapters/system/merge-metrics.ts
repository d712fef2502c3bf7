interface Family {
  /** Its HELP and TYPE lines. */
  readonly head: readonly string[];
  readonly values: Map<string, number>;
}

/**
 * Puts the Prometheus texts of several processes into one, in which every family and every series stands once: what
 * both have is added up. A scraper refuses, or counts as an error, what comes twice.
 */
export function mergeMetrics(texts: readonly (string | undefined)[]): string {
  const families = new Map<string, Family>();
  for (const text of texts) {
    let family: Family | undefined;
    let head: string[] = [];
    for (const line of (text ?? "").split("\n")) {
      if (line.startsWith("# HELP ")) head = [line];
      else if (line.startsWith("# TYPE ")) {
        const name = line.split(" ", 3)[2] as string;
        family = families.get(name) ?? { head: [...head, line], values: new Map() };
        families.set(name, family);
      } else if (line !== "" && family) addSample(family, line);
    }
  }
  return [...families.values()].map(textOf).join("\n");
}

function addSample({ values }: Family, line: string): void {
  const end = line.lastIndexOf(" ");
  const series = line.slice(0, end);
  values.set(series, (values.get(series) ?? 0) + Number(line.slice(end + 1)));
}

function textOf({ head, values }: Family): string {
  return [...head, ...[...values].map(([series, value]) => `${series} ${value}`), ""].join("\n");
}
