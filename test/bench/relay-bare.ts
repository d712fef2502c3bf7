import { createHash } from "node:crypto";
import pg from "pg";
import type { DatabaseLogin } from "../../adapters/postgres/connect/connection.ts";
import type { Integration } from "../../domain/model/delivery.ts";
import type { Timers } from "./relay-timers.ts";

/** A row of `sdk_events`, as far as the loop reads it. */
interface EventRow {
  readonly message_id: string;
  readonly name: string;
  readonly user_id: string;
  readonly timestamp: Date;
  readonly country: string;
  readonly email_sha256: string;
  readonly properties: { readonly revenue: number; readonly currency: string; readonly order_id: string };
  readonly context: { readonly page: { readonly url: string } };
}

export interface BareParts {
  readonly login: DatabaseLogin;
  readonly vendorUrl: string;
  readonly token: string;
  readonly timers: Timers;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** The same payload as the adapter makes of this one kind of event, written down by hand. */
function payloadOf(event: EventRow): Record<string, unknown> {
  const { revenue, currency, order_id } = event.properties;
  return {
    event_name: "layers_order_completed",
    event_time: Math.floor(event.timestamp.getTime() / 1_000),
    event_id: event.message_id,
    action_source: "website",
    event_source_url: event.context.page.url,
    user_data: {
      em: event.email_sha256,
      external_id: sha256(event.user_id),
      country: sha256(event.country.toLowerCase()),
    },
    custom_data: { value: revenue, currency: currency.toUpperCase(), order_id },
  };
}

/**
 * The loop that somebody would write who thinks of nothing that can go wrong: it reads a row of the outbox and its
 * events, serialises the payload, posts it, and inserts the receipt as it deletes the row.
 *
 * It has no leases, no frozen names, no consent, no check, no ledger and no second attempt.
 */
export async function runBareLoop(parts: BareParts, integration: Integration): Promise<number> {
  const { login, vendorUrl, token, timers } = parts;
  const client = new pg.Client({ ...login, options: "-c search_path=tidegate" });
  await client.connect();
  let sent = 0;
  try {
    await client.query("select set_config('app.org_ids', $1, false)", [`{${integration.orgId}}`]);
    for (;;) {
      const read = timers.start("read");
      const { rows } = await client.query<{ outbox_id: string; received_at: Date; event_ids: string[] }>(
        `select outbox_id, received_at, event_ids from outbox where org_id = $1 and integration_id = $2
        order by due_at, outbox_id limit 1`,
        [integration.orgId, integration.id],
      );
      const row = rows[0];
      if (!row) return sent;
      const events = await client.query<EventRow>(
        "select * from sdk_events where org_id = $1 and received_at = $2 and event_id = any ($3::uuid[])",
        [integration.orgId, row.received_at, row.event_ids],
      );
      read();
      const map = timers.start("map");
      const data = events.rows.map(payloadOf);
      map();
      const send = timers.start("send");
      const startedAt = new Date();
      const response = await fetch(`${vendorUrl}/v25.0/${integration.config["pixel_id"]}/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ data, partner_agent: "tidegate1.0" }),
      });
      const answer = (await response.json()) as { events_received?: number; fbtrace_id?: string };
      if (answer.events_received !== data.length) throw new Error(`the vendor took ${answer.events_received}`);
      send();
      const write = timers.start("write");
      await client.query("begin");
      await client.query("delete from outbox where org_id = $1 and outbox_id = $2", [integration.orgId, row.outbox_id]);
      await client.query(
        `insert into delivery_batches
          (org_id, integration_id, event_ids, attempt, started_at, duration_ms, ok, code, trace_id)
        values ($1, $2, $3, 1, $4, $5, true, 'ok', $6)`,
        [
          integration.orgId,
          integration.id,
          row.event_ids,
          startedAt,
          Date.now() - startedAt.getTime(),
          answer.fbtrace_id,
        ],
      );
      await client.query("commit");
      write();
      sent += data.length;
    }
  } finally {
    await client.end();
  }
}
