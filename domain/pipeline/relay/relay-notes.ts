import type { DeliveryStatuses, VendorState } from "../../../ports/delivery-status.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import type { Integration } from "../../model/delivery.ts";

const notesMax = 10_000;
/** A quota that moves by less than this is no news. */
const quotaStepPercent = 5;

/**
 * Makes what tells others how an integration's vendor behaves: written when it is news, not with every request.
 *
 * What can't be written is written with the next news; nothing waits for it but the claim that brought it.
 */
export function createNotes(parts: { readonly outbox: Pick<DeliveryStatuses, "noteVendor">; telemetry: Telemetry }) {
  const noted = new Map<string, string>();

  return async function note(integration: Pick<Integration, "orgId" | "id">, state: VendorState): Promise<void> {
    const news = gistOf(state);
    if (noted.get(integration.id) === news) return;
    const written = await parts.outbox.noteVendor(integration, state);
    noted.delete(integration.id);
    if (written.ok) noted.set(integration.id, news);
    else parts.telemetry.log("warn", "a vendor's state was not noted", { code: word(written.failure.code) });
    if (noted.size > notesMax) noted.delete(noted.keys().next().value as string);
  };
}

function gistOf({ circuit, quota }: VendorState): string {
  const used = quota && [Math.floor(quota.usedPercent / quotaStepPercent), quota.untilMs];
  return JSON.stringify([circuit, used]);
}
