import { type Generated, type JSONColumnType, Kysely, PostgresDialect } from "kysely";
import type pg from "pg";
import type { AttributionState, Campaign } from "../../domain/model/attribution.ts";
import type { DataLayerConfig } from "../../domain/model/data-layer.ts";
import type { Vendor } from "../../domain/model/delivery.ts";
import type { Consent, EventType } from "../../domain/model/event/event.ts";
import type { Sha256Hex } from "../../domain/model/identity/identity.ts";
import type { Role, SealedSecret, SourceDialect, SourceKind } from "../../domain/model/tenant.ts";

type Json = JSONColumnType<Record<string, unknown>>;
type NullableJson = JSONColumnType<Record<string, unknown> | null>;

/** The tables as Kysely sees them: times come back as milliseconds, counts as numbers. */
export interface Database {
  organizations: { org_id: string; name: string; created_at: Generated<number> };
  members: MemberTable;
  api_tokens: ApiTokenTable;
  login_tokens: LoginTokenTable;
  invitations: InvitationTable;
  projects: {
    org_id: string;
    project_id: string;
    name: string;
    created_at: Generated<number>;
    deleted_at: number | null;
  };
  sources: SourceTable;
  integrations: IntegrationTable;
  data_layer_versions: {
    org_id: string;
    version: number;
    config: JSONColumnType<DataLayerConfig & Record<string, unknown>>;
    config_bytes: Generated<number>;
    updated_at: Generated<number>;
    updated_by: string;
  };
  audit_log: {
    org_id: string;
    audit_id: Generated<number>;
    at: Generated<number>;
    member_id: string;
    action: string;
    subject: string;
    detail: Json;
  };
  sdk_events: EventTable;
  outbox: { org_id: string; integration_id: string; event_ids: string[] };
  source_ledger: Record<"org_id" | "source_id", string> & Record<"shard" | SourceCount, number>;
  integration_ledger: Record<"org_id" | "integration_id", string> & Record<"shard" | IntegrationCount, number>;
  attributions: AttributionTable;
  dead_letters: {
    org_id: string;
    dead_letter_id: string;
    integration_id: string | null;
    event_id: string | null;
    message_id: string | null;
    stage: "store" | "relay";
    code: string;
    created_at: number;
  };
}

export type IntegrationCount = "queued" | "delivered" | "dead" | "expired" | "canceled" | "not_applicable";
export type SourceCount =
  | "accepted"
  | "stored"
  | "duplicate"
  | "dead"
  | "damaged"
  | "dropped_consent"
  | "dropped_bot_known"
  | "dropped_bot_empty_user_agent"
  | "dropped_bot_custom_pattern"
  | "dropped_routing_rule"
  | "dropped_custom_js"
  | "dropped_custom_js_failed";

interface AttributionTable {
  org_id: string;
  attribution_id: string;
  project_id: string;
  source_id: string;
  app_id: string;
  event_id: string;
  visitor_id: string | null;
  anonymous_id: string | null;
  user_id: string | null;
  token_sha256: string;
  sealed_token: SealedSecret | null;
  state: AttributionState;
  code: string | null;
  development: boolean;
  campaign: JSONColumnType<Campaign> | null;
  attempts: number;
  not_found: number;
  made_at: number;
  expires_at: number;
  received_at: number;
  due_at: number | null;
  claim_id: string | null;
  settled_at: number | null;
}

interface SourceTable {
  org_id: string;
  source_id: string;
  project_id: string;
  name: string;
  kind: SourceKind;
  write_key: string;
  app_id: string;
  default_calling_code: string | null;
  sealed_signing_secret: SealedSecret | null;
  enabled: Generated<boolean>;
  deleted_at: number | null;
  dialect: Generated<SourceDialect>;
  events_per_second_max: number | null;
  previous_write_key: string | null;
  previous_write_key_until: number | null;
}

interface MemberTable {
  org_id: string;
  member_id: string;
  name: string;
  role: Role;
  created_at: Generated<number>;
  login_sha256: string | null;
  password_hash: string | null;
}

interface ApiTokenTable {
  org_id: string;
  token_id: string;
  member_id: string;
  sha256: string;
  created_at: Generated<number>;
  revoked_at: number | null;
  name: Generated<string>;
  role: Generated<Role>;
  expires_at: number | null;
}

interface LoginTokenTable {
  org_id: string;
  login_token_id: string;
  family_id: string;
  member_id: string;
  access_sha256: string;
  refresh_sha256: string;
  created_at: number;
  access_expires_at: number;
  refresh_expires_at: number;
  used_at: number | null;
  revoked_at: number | null;
}

interface InvitationTable {
  org_id: string;
  invitation_id: string;
  name: string;
  role: Role;
  sha256: string;
  created_by: string;
  created_at: number;
  expires_at: number;
  accepted_at: number | null;
  revoked_at: number | null;
}

interface IntegrationTable {
  org_id: string;
  integration_id: string;
  project_id: string;
  vendor: Vendor;
  name: string;
  enabled: boolean;
  config: Json;
  sealed_secrets: JSONColumnType<Record<string, SealedSecret>>;
  paused_at: number | null;
  deleted_at: number | null;
  version: Generated<number>;
  created_at: Generated<number>;
}

export interface EventTable {
  org_id: string;
  event_id: string;
  project_id: string;
  source_id: string;
  app_id: string;
  message_id: string;
  type: EventType;
  name: string | null;
  user_id: string | null;
  anonymous_id: string | null;
  timestamp: number;
  original_timestamp: number | null;
  sent_at: number | null;
  received_at: number;
  device_os: string | null;
  device_model: string | null;
  country: string | null;
  region: string | null;
  session_id: string | null;
  data_layer_version: number;
  advertising: Consent;
  analytics: Consent;
  email_sha256: Sha256Hex | null;
  phone_sha256: Sha256Hex | null;
  phone_e164_sha256: Sha256Hex | null;
  properties: NullableJson;
  traits: NullableJson;
  context: NullableJson;
  extra: NullableJson;
}

/** Kysely over a pool. It never logs: statements are ours, but parameters are the events'. */
export function openDatabase(pool: pg.Pool): Kysely<Database> {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}
