import { badToken, deprecatedVersion, missingPermission, type Refusal, unknownObject, unknownPath } from "./answers.ts";
import { versionNewest, versionOldest } from "./contract.ts";

export type Dataset = { id: string; tokens: string[] };

export type Target = { ok: true; dataset: string } | { ok: false; refusal: Refusal };

/** Reads the version and the dataset from a path. Shape: `/v25.0/{dataset}/events`. */
export function readPath(pathname: string): Target {
  const match = /^\/v(\d{1,3})\.0\/(\d{1,32}|[\w-]{1,64})\/events\/?$/.exec(pathname);
  if (match === null) return { ok: false, refusal: unknownPath() };
  const version = Number(match[1]);
  if (version > versionNewest) return { ok: false, refusal: unknownPath() };
  if (version < versionOldest) return { ok: false, refusal: deprecatedVersion() };
  return { ok: true, dataset: match[2] ?? "" };
}

export type TokenPlaces = { authorization: string | undefined; parameter: unknown; query: string | null };

/** The token from the first of the places that Meta reads: the header, the body, the query. */
export function readToken({ authorization, parameter, query }: TokenPlaces): string {
  const bearer = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  const found = bearer ?? parameter ?? query;
  return typeof found === "string" ? found : "";
}

/** Who may write where. */
export type Access = {
  check: (token: string, dataset: string) => Refusal | null;
  revoke: (token: string) => void;
  restore: (token: string) => void;
  reset: () => void;
};

/** Without datasets any token opens any dataset, unless the word `revoked` is in it. */
export function openAccess(datasets: readonly Dataset[] | undefined): Access {
  const revoked = new Set<string>();
  const isKnown = (token: string) =>
    datasets === undefined ? !token.includes("revoked") : datasets.some(({ tokens }) => tokens.includes(token));

  return {
    check: (token, dataset) => {
      if (token === "" || revoked.has(token) || !isKnown(token)) return badToken();
      if (datasets === undefined) return null;
      const found = datasets.find(({ id }) => id === dataset);
      if (found === undefined) return unknownObject();
      return found.tokens.includes(token) ? null : missingPermission();
    },
    revoke: (token) => revoked.add(token),
    restore: (token) => revoked.delete(token),
    reset: () => revoked.clear(),
  };
}
