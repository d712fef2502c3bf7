import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { personalFaults } from "../../../domain/admin/integrations/integration-config.ts";
import { nameFaults } from "../../../domain/admin/names.ts";
import { checkConfig } from "../../../domain/data-layer/configuration.ts";

const email = "ana@x.example";
const phone = "+49 151 23456789";
const agent = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101";

/** Faults of a data layer, without what is shown beside code and place. */
function faultsOf(config: unknown): string[] {
  const checked = checkConfig(config);
  if (checked.ok) return [];
  for (const { hint } of checked.faults) assert.ok(hint, "a fault names the next step");
  const said = JSON.stringify(checked.faults);
  for (const value of [email, phone, agent, "10.1.2.3"]) assert.ok(!said.includes(value), "a fault repeats no value");
  return checked.faults.map(({ path, code, position }) => `${path} ${code} ${position}`);
}

describe("no configuration holds anything of a person in clear", () => {
  it("no text of a data layer does, and the fault says where", () => {
    assert.deepEqual(
      faultsOf({
        pii_rules: { hash_fields: [`properties.${email}`, "traits.x"], redact_fields: [phone] },
        bot_filtering: { custom_patterns: [`*${email}*`] },
        custom_js: { code: `// ask ${email}\nfunction process(e) { return e; }`, description: `by ${email}` },
      }),
      [
        "config.pii_rules.hash_fields[0] holds_email 0",
        "config.pii_rules.redact_fields[0] holds_phone 0",
        "config.bot_filtering.custom_patterns[0] holds_email 0",
        "config.custom_js.code holds_email 7",
        "config.custom_js.description holds_email 3",
      ],
    );
    const descriptions = { holds_phone: phone, holds_ip: "on 10.1.2.3", holds_user_agent: `as ${agent}` };
    for (const [code, description] of Object.entries(descriptions)) {
      assert.match(
        faultsOf({ custom_js: { description } })[0] ?? "",
        new RegExp(`^config.custom_js.description ${code}`),
      );
    }
  });

  it("what only looks like it stays", () => {
    const code = "const ua = event.context.userAgent; // 1.2.3.4\nfunction process(e) { return e; }";
    assert.deepEqual(
      faultsOf({
        pii_rules: { hash_fields: ["context.ip", "traits.phone"] },
        bot_filtering: { custom_patterns: ["Mozilla/5.0 (compatible; Shop*"] },
        custom_js: { code, description: "Cuts emails and phones: see the wiki, 2026-11-30 12:30" },
      }),
      [],
    );
  });

  it("no text of an integration does, nor the name of a member; secrets are sealed", () => {
    const config = {
      url: `https://hooks.example/?to=${email}`,
      events: ["Order Completed", `Order of ${email}`],
      event_map: { [`Call ${email}`]: "Lead", Order: agent },
      signing_secret: email,
      host: "https://203.0.113.7:8443/hook",
    };
    const faults = personalFaults(config, ["signing_secret"]);
    assert.ok(!JSON.stringify(faults).includes(email));
    assert.deepEqual(
      faults.map(({ path, code }) => `${path} ${code}`),
      [
        "config.url holds_email",
        "config.events[1] holds_email",
        "config.event_map[…] holds_email",
        "config.event_map[…] holds_user_agent",
      ],
    );
  });

  it("no name does", () => {
    assert.deepEqual(nameFaults("Shop 2.0, Berlin"), []);
    const codes = [email, phone, "at 10.1.2.3", agent].map((name) => nameFaults(name)[0]?.code);
    assert.deepEqual(codes, ["email_in_name", "holds_phone", "holds_ip", "holds_user_agent"]);
  });
});
