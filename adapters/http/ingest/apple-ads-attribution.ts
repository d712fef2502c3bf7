import { createHash } from "node:crypto";
import { type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import type { Call, Route } from "../server/call.ts";
import { errorAnswer } from "../server/errors.ts";
import { unreadAnswer } from "../server/read-body.ts";
import { type IngestCallParts, ingestBody } from "./call.ts";
import { appIdOf, authOf, writeKeyOf } from "./credentials.ts";
import { counts } from "./layers.ts";

const tokenCharsMax = 4_096;
const idCharsMax = 512;

export const tokenBody: TSchema = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: tokenCharsMax, description: "AAAttribution.attributionToken()" }),
    anonymous_id: Type.Optional(Type.String({ maxLength: idCharsMax, description: "The install's; or `install_id`." })),
    install_id: Type.Optional(Type.String({ maxLength: idCharsMax })),
    user_id: Type.Optional(Type.String({ maxLength: idCharsMax })),
    timestamp: Type.Optional(Type.String({ maxLength: 64, description: "When the device made the token." })),
    write_key: Type.Optional(Type.String({ maxLength: idCharsMax })),
  },
  { additionalProperties: false },
);

interface TokenBody {
  readonly token: string;
  readonly anonymous_id?: string;
  readonly install_id?: string;
  readonly user_id?: string;
  readonly timestamp?: string;
  readonly write_key?: string;
}

const shapeDetails = {
  path: "body",
  code: "invalid_token_body",
  message: "Send `token` as text, with `anonymous_id`, `install_id` or `user_id`, and `timestamp` if you have it.",
};
const messageIdChars = 40;

/**
 * Takes a device's token of Apple's AdServices: as an identify call of its install, so that it is authenticated,
 * cleaned, counted, made durable and deduplicated like any event, and relayed to no other vendor.
 */
export function appleAdsRoute(parts: IngestCallParts): Route {
  const respond = (call: Call): Promise<Answer> =>
    parts.bodies.read(call.request, async (body) => {
      if (!body.ok) return unreadAnswer(body.code, call.requestId);
      const sent = readBody(body.value.plain);
      if (sent === null) return errorAnswer("invalid_input", call.requestId, { details: [shapeDetails] });
      const app = appIdOf(call.request);
      const event = new TextEncoder().encode(JSON.stringify(app ? layersEvent(sent) : segmentEvent(sent)));
      const dialect = app ? ("layers" as const) : ("segment" as const);
      const shape = { dialect, list: null, type: "identify" as const };
      const auth = authOf(app ?? writeKeyOf(call.request));
      return ingestBody(parts, call, { shape, success: (taken) => jsonAnswer(202, counts(taken)) }, event, auth);
    });
  return { method: "POST", path: "/v1/apple-ads-attribution", contract: { role: null, body: tokenBody }, respond };
}

function readBody(bytes: Uint8Array): TokenBody | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return Value.Check(tokenBody, value) ? (value as TokenBody) : null;
  } catch {
    return null;
  }
}

/** The same token of the same install is the same message. */
function messageIdOf(token: string, install: string | undefined): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([token, install]))
    .digest("hex");
  return `apple-token-${digest.slice(0, messageIdChars)}`;
}

function segmentEvent({ token, anonymous_id, install_id, user_id, timestamp, write_key }: TokenBody) {
  const anonymousId = anonymous_id ?? install_id;
  const messageId = messageIdOf(token, anonymousId ?? user_id);
  const event = { messageId, anonymousId, userId: user_id, timestamp, writeKey: write_key };
  return { ...event, traits: { apple_ads_token: token } };
}

function layersEvent({ token, anonymous_id, install_id, user_id, timestamp }: TokenBody) {
  const install = anonymous_id ?? install_id;
  const event = { event_id: messageIdOf(token, install ?? user_id), install_id: install, user_id, timestamp };
  return { ...event, traits: { apple_ads_token: token } };
}
