import type { SeededRandom } from "../properties/seeded-random.ts";

/** A configuration with what is done under it: a body that is sent, or a call of the admin API. */
export interface Attack {
  readonly name: string;
  readonly config: unknown;
  readonly body: string;
  readonly call?: { readonly method: string; readonly path: string; readonly body?: unknown };
  /** Rules of a transformation of the organisation's one integration, which gets all its events. */
  readonly transformation?: readonly unknown[];
}

/** A way in which an organisation can make Tidegate work. */
export interface Way {
  readonly name: string;
  readonly draw: (random: SeededRandom) => Attack;
}

/** Stands in a call's body for the id of the organisation's integration. */
export const integrationId = "{integration}";

const drawsMax = 5;
const rulesMost = 300;
const bodyTextBytes = 465_000;

/** The costliest of a few seeded draws, as far as it is accepted; `take` gives how long one took, or null. */
export async function costliestOf(
  { draw, name }: Way,
  random: SeededRandom,
  take: (attack: Attack) => Promise<number | null>,
): Promise<Attack> {
  let worst: { attack: Attack; ms: number } | null = null;
  for (let draws = 0; draws < drawsMax; draws += 1) {
    const attack = draw(random);
    const ms = await take(attack);
    if (ms !== null && (worst === null || ms > worst.ms)) worst = { attack, ms };
  }
  if (worst === null) throw new Error(`nothing of ${name} is accepted`);
  return worst.attack;
}

/** A batch of that many track events. */
export function eventsOf(count: number, properties: unknown, more: Readonly<Record<string, unknown>> = {}): string {
  const event = { type: "track", event: "E", userId: "u", properties, ...more };
  return JSON.stringify({ batch: Array.from({ length: count }, () => event) });
}

const list = (count: number, item: (index: number) => unknown) => Array.from({ length: count }, (_, i) => item(i));

/** Events that fill a body, few and long or many and short. */
function fullBody(random: SeededRandom, text: string, more: Readonly<Record<string, unknown>> = {}): string {
  const bytes = random.pick([30_000, 30_000, 2_000, 150]);
  const cut = text.repeat(bytes).slice(0, bytes / 2);
  return eventsOf(Math.min(2_400, Math.floor(bodyTextBytes / (bytes + 100))), { t: cut, u: cut }, more);
}

const conditions: readonly ((index: number, size: number) => string)[] = [
  (i, size) => `properties.t matches '*${"a".repeat(size)}?aaab${i}*'`,
  (i, size) => `properties.t matches '*${"a*".repeat(Math.min(size, 100))}b${i}'`,
  (i, size) => `properties.t contains '${"a".repeat(size)}b${i}aa'`,
  (i) => `lower(lower(properties.t)) == '${i}'`,
  (i) => `properties.t < properties.u or event == '${i}'`,
  (i) => `length(properties.t) == ${i}`,
  (i) => `properties.k${i} == 1`,
  (i) => `event in [${list(12, (n) => `'x${i}-${n}'`).join(", ")}]`,
];

const rules: Way["draw"] = (random) => {
  const condition = random.pick(conditions);
  const size = random.pick([5, 20, 100]);
  const count = random.pick([rulesMost, 140, 85, 45]);
  const routing_rules = list(count, (i) => ({ condition: condition(i, size), action: "drop" }));
  return { name: `${count} of ${condition(0, 3)}`, config: { routing_rules }, body: fullBody(random, "a") };
};

const patterns: Way["draw"] = (random) => {
  const size = random.pick([4, 20, 200]);
  const count = random.pick([200, 100, 25]);
  const custom_patterns = list(count, (i) => `*${"a".repeat(size)}?aab${i}*`);
  const event = (n: number) => {
    return {
      type: "track",
      event: "E",
      userId: "u",
      context: { userAgent: `${"a".repeat(random.pick([120, 1_000]))}${n}` },
    };
  };
  const body = JSON.stringify({ batch: list(400, event) });
  return { name: `${count} of ${size} signs`, config: { bot_filtering: { custom_patterns } }, body };
};

const codes: readonly string[] = [
  "for (;;);",
  "const end = Date.now() + 40; while (Date.now() < end);",
  "const kept = []; for (;;) kept.push('x'.repeat(1e5));",
  "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
  "for (let i = 0; i < 2e5; i++);",
];

const scripts: Way["draw"] = (random) => {
  const code = random.pick(codes);
  const custom_js = { enabled: true, code: `function process(event) { ${code} return event }` };
  return { name: code.slice(0, 40), config: { custom_js }, body: fullBody(random, "a") };
};

const trials: Way["draw"] = (random) => {
  const { config, name, body } = rules(random);
  const { batch } = JSON.parse(body) as { batch: unknown[] };
  const isBacktest = random.chance(50);
  const call = isBacktest
    ? { method: "POST", path: "/v1/admin/data-layer/backtest", body: { config, last: 2_000 } }
    : { method: "POST", path: "/v1/admin/data-layer/dry-run", body: { config, events: batch.slice(0, 500) } };
  return { name: `${isBacktest ? "backtest" : "dry run"}, ${name}`, config: {}, body, call };
};

const lists: Way["draw"] = (random) => {
  const path = `/v1/events?limit=${random.pick([50, 500])}`;
  return { name: path, config: {}, body: fullBody(random, "a"), call: { method: "GET", path } };
};

const changes: Way["draw"] = (random) => {
  const { config, name, body } = rules(random);
  return { name, config: {}, body, call: { method: "PUT", path: "/v1/admin/data-layer", body: { config } } };
};

const expressions: readonly ((size: number) => string)[] = [
  (size) => `concat(${list(size, () => "properties.t").join(", ")})`,
  (size) => `coalesce(${list(size, (n) => `properties.k${n}`).join(", ")}, 1)`,
  () => `round(properties.n * 1.19, 2) + round(properties.n * 1.07, 2)`,
];

const steps: readonly ((index: number, random: SeededRandom) => unknown)[] = [
  (n) => ({ type: "set", path: `properties.a${n}.b.c.d.e.f.g`, value: "x".repeat(1_000) }),
  (n, random) => ({
    type: "compute",
    path: `properties.c${n}`,
    expression: random.pick(expressions)(random.pick([2, 10, 20])),
  }),
  () => ({ type: "hash", path: "properties.l.*.t" }),
  (n) => ({ type: "map", path: "properties.l.*.t", values: { [`${n}`]: "x" }, otherwise: "y".repeat(100) }),
  (n) => ({ type: "filter", condition: `properties.t != '${n}' or properties.u contains 'b${n}'` }),
  (n) => ({ type: "delete", path: `properties.l.*.k${n}` }),
];

/** As many steps as are accepted, of one kind or mixed, on events with long texts and long lists. */
function drawTransformation(random: SeededRandom) {
  const only = random.chance(50) ? random.pick(steps) : null;
  const count = random.pick([100, 40, 12]);
  const transformation = list(count, (n) => (only ?? random.pick(steps))(n, random));
  const l = list(random.pick([5, 300]), (n) => ({ t: `${n} ${"a".repeat(60)}`, k1: n }));
  const events = random.pick([15, 100]);
  const bytes = Math.min(28_000, Math.floor(bodyTextBytes / events)) - JSON.stringify(l).length - 100;
  const t = "a".repeat(Math.max(10, bytes / 2));
  const event = { type: "track", event: "E", userId: "u", properties: { t, u: t, n: 12.5, l } };
  const what = only === null ? "steps of all kinds" : `of ${JSON.stringify(only(0, random)).slice(0, 60)}`;
  const name = `${count} ${what}`;
  return { name, transformation, batch: list(events, () => event) };
}

const transformations: Way["draw"] = (random) => {
  const { name, transformation, batch } = drawTransformation(random);
  return { name, config: {}, body: JSON.stringify({ batch }), transformation };
};

const transformationTrials: Way["draw"] = (random) => {
  const { name, transformation: rules, batch } = drawTransformation(random);
  const body = { integration_id: integrationId, rules, events: batch };
  const call = { method: "POST", path: "/v1/admin/transformations/dry-run", body };
  return { name, config: {}, body: JSON.stringify({ batch }), call };
};

export const ways: readonly Way[] = [
  { name: "rules", draw: rules },
  { name: "patterns for bots", draw: patterns },
  { name: "scripts", draw: scripts },
  { name: "trials", draw: trials },
  { name: "transformations", draw: transformations },
  { name: "trials of transformations", draw: transformationTrials },
  { name: "long lists", draw: lists },
  { name: "changes of the data layer", draw: changes },
];
