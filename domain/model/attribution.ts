import type { SealedSecret } from "./tenant.ts";

/** How far a token has come; all but `pending` are final. */
export const attributionStates = ["pending", "exchanged", "organic", "expired", "failed"] as const;
export type AttributionState = (typeof attributionStates)[number];

/** What Apple knows of the ad an install came from: ids, codes and dates. Ids are text, as they may outgrow numbers. */
export const campaignMembers = [
  ...["orgId", "campaignId", "adGroupId", "keywordId", "adId", "creativeSetId"],
  ...["countryOrRegion", "conversionType", "claimType", "clickDate", "impressionDate", "supplyPlacement"],
] as const;
export type Campaign = Readonly<Record<string, string>>;

/** What Apple said of one token. */
export type TokenAnswer =
  | { readonly kind: "attributed"; readonly campaign: Campaign; readonly development: boolean }
  | { readonly kind: "organic" }
  | { readonly kind: "invalid"; readonly code: string }
  | { readonly kind: "not_found"; readonly code: string }
  | {
      readonly kind: "unanswered";
      readonly class: "throttle" | "transient" | "config";
      readonly code: string;
      readonly retryAfterMs: number;
    };

/** What the state machine has to know of a token that waits. */
export interface PendingToken {
  /** Requests that were made with it. */
  readonly attempts: number;
  /** How many of those found no record. */
  readonly notFound: number;
  /** 24 hours after the device made it, as far as is known. */
  readonly expiresAtMs: number;
  readonly receivedAtMs: number;
}

/** Where an answer leads. */
export interface AttributionStep {
  readonly state: AttributionState;
  readonly code: string | null;
  readonly attempts: number;
  readonly notFound: number;
  /** When it is to be tried again; null once it is final. */
  readonly dueAtMs: number | null;
  readonly campaign: Campaign | null;
  readonly development: boolean;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** How long Apple takes a token after the device made it. */
export const tokenLifeMs = 24 * hourMs;
/** Apple's own advice: the record may be seconds behind the token. */
const notFoundDelayMs = 5 * secondMs;
const notFoundQuickMax = 3;
const slowDelayFirstMs = minuteMs;
const slowDelayMsMax = hourMs;
const unansweredDelayFirstMs = 5 * secondMs;
const unansweredDelayMsMax = 15 * minuteMs;
/** What only an operator can mend is looked at again, but not often. */
const configDelayMs = 30 * minuteMs;
/** The last try is made this long before the token's end. */
const lastTryMs = 2 * minuteMs;

/**
 * Whether a token is to be given up without another request.
 *
 * One that was never tried gets its try however old it is said to be: a device's clock may be wrong, and Apple decides.
 * But none was made after it came here: one that waited for a day, because Apple was away, is over by our own clock.
 */
export function isOver({ attempts, expiresAtMs, receivedAtMs }: PendingToken, nowMs: number): boolean {
  return nowMs >= (attempts > 0 ? expiresAtMs : receivedAtMs + tokenLifeMs);
}

/** What ends a token that is not asked about (any more). */
export function endToken(token: PendingToken, state: "expired" | "failed", code: string): AttributionStep {
  return final(token, token.attempts, { state, code });
}

/** What a token becomes that was not asked about, because another is to show first whether Apple answers: due still. */
export function deferToken(token: PendingToken, code: string | null, nowMs: number): AttributionStep {
  const { attempts, notFound } = token;
  return { state: "pending", code, attempts, notFound, dueAtMs: nowMs, campaign: null, development: false };
}

/**
 * What becomes of a token with Apple's answer: pure, so that a day can be told in a test.
 *
 * No record yet: three more tries five seconds apart, then ever slower until the token's end. No answer: back off.
 * Units: milliseconds; `fraction` is uniform in [0, 1).
 * Source: https://developer.apple.com/documentation/adservices/aaattribution/attributiontoken()
 */
export function advance(token: PendingToken, answer: TokenAnswer, nowMs: number, fraction: number): AttributionStep {
  const attempts = token.attempts + 1;
  switch (answer.kind) {
    case "attributed": {
      const { campaign, development } = answer;
      return { ...final(token, attempts, { state: "exchanged", code: null }), campaign, development };
    }
    case "organic":
      return final(token, attempts, { state: "organic", code: null });
    case "invalid":
      return final(token, attempts, { state: "failed", code: answer.code });
    case "not_found":
    case "unanswered":
      return again(token, answer, nowMs, fraction);
  }
}

function again(
  token: PendingToken,
  answer: Extract<TokenAnswer, { kind: "not_found" | "unanswered" }>,
  nowMs: number,
  fraction: number,
): AttributionStep {
  const { code } = answer;
  const attempts = token.attempts + 1;
  const notFound = token.notFound + (answer.kind === "not_found" ? 1 : 0);
  if (nowMs >= token.expiresAtMs) return { ...final(token, attempts, { state: "expired", code }), notFound };
  const delayMs =
    answer.kind === "not_found" ? notFoundDelay(notFound, fraction) : unansweredDelay(answer, attempts, fraction);
  const dueAtMs = beforeItsEnd(token.expiresAtMs, nowMs, nowMs + delayMs);
  return { state: "pending", code, attempts, notFound, dueAtMs, campaign: null, development: false };
}

/** A try that would come after the token's end is made shortly before it, once; then the end itself is due. */
function beforeItsEnd(expiresAtMs: number, nowMs: number, dueAtMs: number): number {
  const lastMs = expiresAtMs - lastTryMs;
  return dueAtMs <= lastMs ? dueAtMs : nowMs < lastMs ? lastMs : Math.min(dueAtMs, expiresAtMs);
}

function notFoundDelay(notFound: number, fraction: number): number {
  if (notFound <= notFoundQuickMax) return notFoundDelayMs;
  return halfJitter(grown(slowDelayFirstMs, notFound - notFoundQuickMax, slowDelayMsMax), fraction);
}

function unansweredDelay(
  { class: kind, retryAfterMs }: Extract<TokenAnswer, { kind: "unanswered" }>,
  attempts: number,
  fraction: number,
): number {
  const delayMs = kind === "config" ? configDelayMs : grown(unansweredDelayFirstMs, attempts, unansweredDelayMsMax);
  return Math.max(halfJitter(delayMs, fraction), retryAfterMs);
}

function grown(firstMs: number, times: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.max(0, times - 1));
}

function halfJitter(delayMs: number, fraction: number): number {
  return Math.floor(delayMs / 2 + (delayMs / 2) * fraction);
}

function final(
  { notFound }: PendingToken,
  attempts: number,
  end: Pick<AttributionStep, "state" | "code">,
): AttributionStep {
  return { ...end, attempts, notFound, dueAtMs: null, campaign: null, development: false };
}

/** A token on its way to the store: what it is known by, and itself for the vault only. */
export interface SealedToken {
  readonly sha256: string;
  readonly sealed: SealedSecret;
}

const sealedPrefix = "apple-token:";
const sealedPattern = /"apple-token:([0-9a-f]{64}):([\w.-]{1,16384})"/g;
/** What stands where a token stood, once it was taken out of its event. */
export const tokenMask = "[token]";

/** Where a token is sealed: part of what the vault authenticates. */
export function tokenPlace(orgId: string, sha256: string) {
  return { orgId, table: "attributions", column: "sealed_token", id: sha256 };
}

/** A sealed token as the value that stands in its event between the edge and the store. */
export function writeSealedToken({ sha256, sealed }: SealedToken): string {
  return `${sealedPrefix}${sha256}:${sealed}`;
}

/** Takes sealed tokens out of an event's JSON; the first is the event's. */
export function takeSealedToken(json: string): { readonly json: string; readonly token: SealedToken | null } {
  if (!json.includes(`"${sealedPrefix}`)) return { json, token: null };
  let token: SealedToken | null = null;
  const without = json.replace(sealedPattern, (_, sha256: string, sealed: string) => {
    token ??= { sha256, sealed: sealed as SealedSecret };
    return `"${tokenMask}"`;
  });
  return { json: without, token };
}
