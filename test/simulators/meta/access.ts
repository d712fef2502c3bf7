import type { Access } from "../access.ts";
import { badToken, deprecatedVersion, missingPermission, type Refusal, unknownObject, unknownPath } from "./answers.ts";
import { versionNewest, versionOldest } from "./contract.ts";

export type Destined = { ok: true; dataset: string } | { ok: false; refusal: Refusal };

/** Reads the version and the dataset from a path. Shape: `/v25.0/{dataset}/events`. */
export function readPath(pathname: string): Destined {
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

/** What Meta says to a token before a dataset; null if it may enter. */
export function checkEntry(access: Access, token: string, dataset: string): Refusal | null {
  if (access.know(token) !== "open") return badToken();
  const entry = access.enter(token, dataset);
  if (entry === "open") return null;
  return entry === "unknown_target" ? unknownObject() : missingPermission();
}
