import type { TokenAnswer } from "../../domain/model/attribution.ts";
import type { Attribution } from "../../ports/attribution.ts";
import type { Clock } from "../../ports/clock.ts";
import { callOnce, type Fetch } from "../vendor-http/request.ts";
import { classifyAnswer } from "./classify-answer.ts";

/** Apple may hold a request for a second before it says 404. */
const timeoutMsDefault = 10_000;
const exchangePath = "/api/v1/";

export interface AppleOptions {
  /** Where Apple's service is, without a path: `https://api-adservices.apple.com`, or a simulator. */
  readonly baseUrl: string;
  readonly clock: Pick<Clock, "nowMs">;
  readonly timeoutMs?: number;
  readonly fetch?: Fetch;
}

/** Opens Apple's AdServices attribution; it asks for no account, the token is all there is. */
export function openApple(options: AppleOptions): Attribution {
  const { clock, timeoutMs = timeoutMsDefault, fetch: fetchAnswer = fetch } = options;
  const url = options.baseUrl.replace(/\/+$/, "") + exchangePath;
  const headers = { "content-type": "text/plain" };

  return {
    exchange: (token) =>
      callOnce<TokenAnswer>(fetchAnswer, { url, headers, body: token }, timeoutMs, {
        classify: (answer) => classifyAnswer(answer, clock.nowMs()),
        lost: (code) => ({ kind: "unanswered", class: "transient", code, retryAfterMs: 0 }),
      }),
  };
}
