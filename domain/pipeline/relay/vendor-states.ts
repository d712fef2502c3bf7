import type { DeliveryStatuses, VendorState } from "../../../ports/delivery-status.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import type { Integration } from "../../model/delivery.ts";

const statesMax = 10_000;
/** A quota that moves by less than this is not written again. */
const quotaStepPercent = 5;

/**
 * Makes the function that stores how an integration's vendor behaves: when that changes, not with every request.
 *
 * A state that can't be written is written with the next change; only the claim that brought it waits for it.
 */
export function createVendorStates(parts: {
  readonly outbox: Pick<DeliveryStatuses, "saveVendorState">;
  telemetry: Telemetry;
}) {
  const saved = new Map<string, string>();

  return async function saveVendorState(
    integration: Pick<Integration, "orgId" | "id">,
    state: VendorState,
  ): Promise<void> {
    const summary = summaryOf(state);
    if (saved.get(integration.id) === summary) return;
    const written = await parts.outbox.saveVendorState(integration, state);
    saved.delete(integration.id);
    if (written.ok) saved.set(integration.id, summary);
    else parts.telemetry.log("warn", "a vendor's state was not stored", { code: word(written.failure.code) });
    if (saved.size > statesMax) saved.delete(saved.keys().next().value as string);
  };
}

function summaryOf({ circuit, quota }: VendorState): string {
  const used = quota && [Math.floor(quota.usedPercent / quotaStepPercent), quota.untilMs];
  return JSON.stringify([circuit, used]);
}
