import { createHash } from "node:crypto";
import { openSystemRandom } from "../../../adapters/system/random.ts";
import { openVault } from "../../../adapters/system/vault.ts";
import { createTrialGate } from "../../../domain/admin/data-layer/trial-gate.ts";
import {
  createVerifyIntegration,
  type ShownVerification,
} from "../../../domain/admin/integrations/verify-integration.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import { succeed } from "../../../domain/model/failure.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Destination } from "../../../ports/destination.ts";
import { orgId } from "../../domain/pipeline/relay/parts.ts";

const editor: Principal = { orgId, memberId: "00000000-0000-7000-8000-0000000000ff", role: "editor" };
const vault = await openVault({ key: "5".repeat(64) });

/** Verifies an integration as the admin API would. */
export async function verifyAt(
  destination: Destination,
  integration: Integration,
  clock: Clock,
): Promise<ShownVerification> {
  const verifying = createVerifyIntegration({
    tenants: { integrations: async () => succeed([integration]) },
    destinations: new Map([[destination.vendor, destination]]),
    vault,
    outbox: { retryNow: async () => succeed(undefined) },
    clock,
    random: openSystemRandom(),
    sha256Hex: (text) => createHash("sha256").update(text).digest("hex"),
    gate: createTrialGate(),
  });
  const answer = await verifying(editor, integration.id);
  if (!answer.ok) throw new Error(answer.refusal.code);
  return answer.value;
}
