import type { Destination } from "../../../ports/destination.ts";
import type { Integration, SendResult } from "../../model/delivery.ts";
import { type AdminResult, failed, granted, invalid } from "../refusal.ts";

/**
 * Asks the vendor whether it knows the credentials, without telling it of any event.
 *
 * An empty batch is sent: vendors look at the token and the pixel before they look at the events, so that a
 * complaint about the events is a yes to the credentials.
 * Errors: `invalid_input` for a no, `unavailable` where the vendor said neither.
 */
export async function checkCredentials(
  destination: Pick<Destination, "send">,
  integration: Integration,
  secrets: Readonly<Record<string, string>>,
): Promise<AdminResult<null>> {
  const result = await destination.send(integration, secrets, []);
  const verdict = credentialVerdict(result);
  if (verdict === "accepted") return granted(null);
  if (verdict === "unknown") return failed({ code: "check_inconclusive", retry: "backoff", effect: "none" });
  const message = `The vendor refuses this token or this id; its code: ${result.ok ? "ok" : result.code}.`;
  return invalid([{ path: "config", code: "credentials_refused", message }]);
}

/** What an answer says of the credentials with which it was asked for. */
export function credentialVerdict(result: SendResult): "accepted" | "refused" | "unknown" {
  if (result.ok || result.class === "event") return "accepted";
  return result.class === "auth" || result.class === "config" ? "refused" : "unknown";
}
