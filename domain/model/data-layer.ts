/** The Org Data Layer: the object of `GET`/`PUT /v1/admin/data-layer`, snake_case as documented. */
export interface DataLayerConfig {
  readonly pii_rules: {
    readonly enabled: boolean;
    readonly hash_fields: readonly string[];
    readonly redact_fields: readonly string[];
    readonly hash_algorithm: "sha256";
    /** Detector for E.164-shaped values and IP literals; emails are always masked. */
    readonly detect_phones: "off" | "flag" | "mask";
    readonly detect_ips: "off" | "flag" | "mask";
  };
  readonly bot_filtering: {
    readonly enabled: boolean;
    readonly block_known_bots: boolean;
    readonly block_empty_user_agent: boolean;
    readonly custom_patterns: readonly string[];
  };
  readonly session: {
    readonly timeout_minutes: number;
    readonly max_duration_hours: number;
    readonly track_session_start: boolean;
    readonly track_session_end: boolean;
  };
  readonly custom_js: {
    readonly enabled: boolean;
    readonly code: string;
    readonly description: string;
    /** What becomes of an event whose script fails or is paused. Left out: it passes as it was. */
    readonly on_failure?: "pass" | "drop" | "wait";
  };
  readonly routing_rules: readonly { readonly condition: string; readonly action: "pass" | "drop" }[];
  /** Left out where the usual categories are all there are. */
  readonly consent?: ConsentSettings;
}

/** What an organisation's consent tool calls its categories, and which purposes each one is about; none: neither. */
export interface ConsentSettings {
  readonly categories: Readonly<Record<string, readonly ConsentPurpose[]>>;
}

export const consentPurposes = ["advertising", "analytics"] as const;
export type ConsentPurpose = (typeof consentPurposes)[number];

/** A stored version of an organisation's data layer; versions count from 1 and never change. */
export interface DataLayerVersion {
  readonly orgId: string;
  readonly version: number;
  readonly config: DataLayerConfig;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** The parts of a data layer, each replaced as a whole. */
export const dataLayerSections = [
  "pii_rules",
  "bot_filtering",
  "session",
  "custom_js",
  "routing_rules",
  "consent",
] as const;
export type DataLayerSection = (typeof dataLayerSections)[number];

/** A version as it is listed: who made it when, and which sections differ from the version before it. */
export interface DataLayerVersionEntry extends Omit<DataLayerVersion, "config"> {
  /** Empty for the first version, and for one that changed nothing. */
  readonly changed: readonly DataLayerSection[];
}

/** One fault of a submitted configuration: where it is, what is wrong, what to do. */
export interface ConfigFault {
  /** Dotted path, e.g. `config.routing_rules[1].condition`. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Of a condition: 0-based character position, and the line with a caret below it. */
  readonly position?: number;
  readonly caret?: string;
}
