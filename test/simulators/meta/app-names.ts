import type { JsonObject } from "../json.ts";
import { customAppNamesMax, standardEventNames } from "./contract.ts";

/** The custom app event names a dataset has seen: Meta takes no more than a certain number of them. */
export type AppNames = {
  note: (dataset: string, events: readonly JsonObject[]) => void;
  /** Admits names up to the ceiling, those of the batch at hand included. */
  gate: (dataset: string) => (name: string) => boolean;
};

/** Opens with no name seen. */
export function openAppNames(): AppNames {
  const seen = new Map<string, Set<string>>();

  return {
    note: (dataset, events) => {
      const names = seen.get(dataset) ?? new Set();
      seen.set(dataset, names);
      for (const event of events) {
        const name = String(event["event_name"]);
        if (event["action_source"] === "app" && !standardEventNames.has(name)) names.add(name);
      }
    },
    gate: (dataset) => {
      const known = seen.get(dataset) ?? new Set();
      const fresh = new Set<string>();
      return (name) => {
        if (known.has(name) || fresh.has(name)) return true;
        if (known.size + fresh.size >= customAppNamesMax) return false;
        fresh.add(name);
        return true;
      };
    },
  };
}
