import type { Vault } from "../../../ports/vault.ts";
import { tokenMask, tokenPlace, writeSealedToken } from "../../model/attribution.ts";
import { keepBatch } from "../../model/event/event.ts";
import { type FindBytes, findTokens, replaceTokens, type TokenPlace, tokenAt } from "../../model/event/token-places.ts";
import type { SortedEvents } from "./sort-events.ts";

/** Apple documents no length; what is longer is no token and is not kept. */
const tokenCharsMax = 4_096;

export interface SealTokensParts {
  readonly vault: Pick<Vault, "seal">;
  /** Lowercase hex SHA-256 of a text in UTF-8. */
  readonly sha256Hex: (text: string) => string;
  readonly findBytes: FindBytes;
}

/**
 * Makes the step that seals Apple's attribution tokens before anything is written: from here on they are opened only
 * to be exchanged.
 *
 * Shape: null where there is none, so that a batch without one is not waited for; its memory would be gone by then.
 */
export function createSealTokensStep({ vault, sha256Hex, findBytes }: SealTokensParts) {
  async function sealAll(events: SortedEvents, places: readonly TokenPlace[], orgId: string): Promise<SortedEvents> {
    const { passed } = events;
    const texts: string[] = [];
    for (const place of places) texts.push(await sealed(tokenAt(passed, place).trim(), orgId));
    return { ...events, passed: replaceTokens(passed, places, texts) };
  }

  async function sealed(token: string, orgId: string): Promise<string> {
    if (token === "" || token.length > tokenCharsMax) return tokenMask;
    const sha256 = sha256Hex(token);
    return writeSealedToken({ sha256, sealed: await vault.seal(token, tokenPlace(orgId, sha256)) });
  }

  return function sealTokens(events: SortedEvents, orgId: string): Promise<SortedEvents> | null {
    const places = findTokens(events.passed, findBytes);
    if (places.length === 0) return null;
    return sealAll({ ...events, passed: keepBatch(events.passed) }, places, orgId);
  };
}
