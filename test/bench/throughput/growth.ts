import { drain } from "./books.ts";
import { measureStored, type Scene, type StoredReport } from "./phases.ts";
import { addOrganizations, dataLayerOf, firstSender } from "./tenants.ts";

/** What storing costs with so many organisations and rules. */
export interface GrowthCase {
  readonly organizations: number;
  readonly rules: number;
  readonly stored: StoredReport;
}

export interface GrowthReport {
  readonly phase: "growth";
  readonly cases: readonly GrowthCase[];
  /** Worker and Postgres together per stored event, with the most organisations against one. */
  readonly organizations_cost_ratio: number;
  /** The HTTP process per event, with 300 rules against 3. */
  readonly rules_cost_ratio: number;
}

const organizations = [1, 10, 100, 1_000];
const rulesFew = 3;
const rulesMany = 300;

export async function measureGrowth(scene: Scene, firstTurn: number): Promise<GrowthReport> {
  const { server } = scene;
  const own = firstSender(server);
  const senders = [own];
  const cases: GrowthCase[] = [];
  const measure = async (count: number, rules: number, of: Scene) => {
    const turn = firstTurn + cases.length;
    const stored = await measureStored({ ...of, dialects: ["segment", "layers"] }, 100, turn, `g${count}x${rules}`);
    cases.push({ organizations: count, rules, stored });
  };
  for (const count of organizations) {
    const added = await addMissing(count - senders.length);
    senders.push(...added);
    await measure(count, rulesFew, { ...scene, senders: [...senders] });
  }
  await drain(server);
  await server.admin("PUT", "/v1/admin/data-layer", { config: dataLayerOf({ rules: rulesMany, customJs: false }) });
  await measure(1, rulesMany, { ...scene, senders: [own] });
  await server.admin("PUT", "/v1/admin/data-layer", { config: dataLayerOf({ rules: rulesFew, customJs: false }) });
  const [one, many] = [cases[0], cases[organizations.length - 1]] as [GrowthCase, GrowthCase];
  const behind = ({ stored }: GrowthCase) => stored.cpu_us_per_event.worker + stored.cpu_us_per_event.postgres;
  const edge = ({ stored }: GrowthCase) => stored.cpu_us_per_event.http;
  return {
    phase: "growth",
    cases,
    organizations_cost_ratio: Number((behind(many) / behind(one)).toFixed(2)),
    rules_cost_ratio: Number((edge(cases.at(-1) as GrowthCase) / edge(one)).toFixed(2)),
  };

  async function addMissing(count: number) {
    return count <= 0 ? [] : (await addOrganizations(server, count)).map(({ sender }) => sender);
  }
}
