/** The data layer object of the documentation, whole. */
export const documentedObject = {
  org_id: "org_xyz789",
  config: {
    pii_rules: {
      enabled: true,
      hash_fields: ["traits.email", "traits.phone"],
      redact_fields: ["traits.ssn", "properties.credit_card"],
      hash_algorithm: "sha256",
    },
    bot_filtering: {
      enabled: true,
      block_known_bots: true,
      block_empty_user_agent: true,
      custom_patterns: ["internal-monitor/*", "health-check/*"],
    },
    session: { timeout_minutes: 30, max_duration_hours: 24, track_session_start: true, track_session_end: true },
    custom_js: { enabled: false, code: "", description: "" },
    routing_rules: [
      { condition: "event == 'Internal Test'", action: "drop" },
      { condition: "context.page.url contains '/staging'", action: "drop" },
      { condition: "properties.environment == 'production'", action: "pass" },
    ],
  },
  updated_at: "2026-02-20T14:00:00Z",
  updated_by: "usr_abc123",
};

export const documentedConfig = documentedObject.config;
