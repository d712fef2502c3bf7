import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Sandbox, Script, ScriptEvent, ScriptOutcome } from "../../ports/sandbox.ts";
import { unwrap } from "./results.ts";
import { endlessScripts, failingScripts, type HostileScript, reachesForHost } from "./sandbox-scripts.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let versions = 0;

/** Far beyond what a script may take: a busy machine must not fail these tests, a hung script must. */
export const boundedMs = 60_000;
/** What an event may take where a test is not about time: no machine is as busy as that. */
export const patientMsMax = 10_000;
/** The same where a test's scripts do not end: three times what starting one takes on a busy machine. */
const endlessMsMax = 100;

export function scriptEvent(properties: Record<string, unknown> = {}, context = "{}"): ScriptEvent {
  const event = { type: "track", event: "Order Completed", messageId: "m-1", userId: "u-1", properties };
  return { json: encoder.encode(JSON.stringify(event)), context };
}

/** A script of an organisation, each time as a version of its own. */
export function scriptOf(orgId: string, code: string): Script {
  versions += 1;
  return { orgId, version: versions, code };
}

// biome-ignore lint/suspicious/noExplicitAny: tests read events of every shape
export function returned(outcome: ScriptOutcome | undefined): any {
  assert.equal(outcome?.kind, "returned", JSON.stringify(outcome));
  return JSON.parse(decoder.decode((outcome as { json: Uint8Array }).json));
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Runs one script on one event. */
async function runOne(sandbox: Sandbox, code: string, event = scriptEvent(), orgId = "plain"): Promise<ScriptOutcome> {
  const outcomes = await within(boundedMs, sandbox.run(scriptOf(orgId, code), [event]));
  assert.equal(outcomes.length, 1);
  return outcomes[0] as ScriptOutcome;
}

const kindEcho = "function process(event) { event.properties.seen = true; return event }";

/** What every sandbox promises; `open` takes what one event may take of the processor. Units: milliseconds. */
export function sandboxContract(name: string, open: (eventMsMax: number) => Promise<Sandbox>): void {
  describe(`sandbox: ${name}`, () => {
    let sandbox: Sandbox;
    let impatient: Sandbox;
    before(async () => {
      [sandbox, impatient] = [await open(patientMsMax), await open(endlessMsMax)];
    });
    after(() => Promise.all([sandbox.close(), impatient.close()]));

    it("a script changes its event and reads its context", async () => {
      const code = "function process(event, context) { event.properties.from = context.sourceId; return event }";
      const outcome = await runOne(sandbox, code, scriptEvent({ total: 3 }, '{"sourceId":"s-1"}'));
      assert.deepEqual(returned(outcome).properties, { total: 3, from: "s-1" });
    });

    it("null drops, and outcomes keep the order of their events", async () => {
      const code = "const process = (event) => event.properties.n % 2 ? null : event";
      const events = Array.from({ length: 250 }, (_, n) => scriptEvent({ n }));
      const outcomes = await within(boundedMs, sandbox.run(scriptOf("order", code), events));
      assert.equal(outcomes.length, 250);
      for (const [n, outcome] of outcomes.entries()) {
        if (n % 2) assert.equal(outcome.kind, "dropped");
        else assert.equal(returned(outcome).properties.n, n);
      }
    });

    it("text of any script comes back as it went in", async () => {
      const text = '“grüße” 🌊\u2028\u0001 \\ " </script> \ufeff';
      const outcome = await runOne(sandbox, kindEcho, scriptEvent({ text }));
      assert.equal(returned(outcome).properties.text, text);
    });

    it("messageId and type are put back, whatever a script does to them", async () => {
      for (const body of ["event.messageId = 'x'; event.type = 'page'", "delete event.messageId; delete event.type"]) {
        const event = returned(await runOne(sandbox, `function process(event) { ${body}; return event }`));
        assert.deepEqual([event.messageId, event.type], ["m-1", "track"]);
      }
    });

    it("games with built-in objects stay the script's own loss", async () => {
      const code = `JSON.stringify = () => "{}"; JSON.parse = () => ({}); Object.freeze = null;
        Object.prototype.toString = () => { for (;;); }; RegExp.prototype.exec = () => { for (;;); };
        Array.isArray = () => true; Promise.prototype.then = null;
        ${kindEcho}`;
      assert.equal(returned(await runOne(sandbox, code)).properties.seen, true);
      const other = await runOne(sandbox, kindEcho, scriptEvent(), "another");
      assert.equal(returned(other).properties.seen, true);
    });

    it("nothing of a host is within reach", async () => {
      for (const reach of reachesForHost) {
        const code = `function process(event) { event.properties.found = (${reach}); return event }`;
        assert.equal(returned(await runOne(sandbox, code)).properties.found, false, reach);
      }
    });

    it("an instance that erred is never used again", async () => {
      const code = `let count = 0;
        function process(event) {
          count += 1;
          if (event.properties.bad) throw 1;
          event.properties.n = count;
          return event
        }`;
      const events = [{}, {}, { bad: true }, {}].map((properties) => scriptEvent(properties));
      const outcomes = await within(boundedMs, sandbox.run(scriptOf("state", code), events));
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.kind === "returned" ? returned(outcome).properties.n : outcome.kind)),
        [1, 2, "failed", 1],
      );
    });

    it("a fault tells its line and no value", async () => {
      const code = "function process(event) {\n  const user = event.userId;\n  throw new Error(user + 'canary')\n}";
      const outcome = await runOne(sandbox, code, scriptEvent(), "lines");
      assert.deepEqual(outcome, { kind: "failed", fault: "exception", line: 3 });
      assert.equal(JSON.stringify(sandbox.counters("lines")).includes("canary"), false);
    });

    it("an event that hangs costs itself only: the others of its batch are done", async () => {
      const hang = "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)";
      const code = `function process(event) { if (event.properties.n === 3) ${hang}; return event }`;
      const events = Array.from({ length: 8 }, (_, n) => scriptEvent({ n }));
      const outcomes = await within(boundedMs, impatient.run(scriptOf("one hangs", code), events));
      for (const [n, outcome] of outcomes.entries()) {
        if (n === 3) assert.deepEqual(outcome, { kind: "failed", fault: "timeout", line: null });
        else assert.equal(returned(outcome).properties.n, n);
      }
    });

    it("what a script logs goes nowhere and harms nothing", async () => {
      const code = `console.log("at the start");
        function process(event) { console.log(event); console.error(event.userId); console.table([event]);
          event.properties.logged = console.assert(false, event) === undefined; return event }`;
      assert.equal(returned(await runOne(sandbox, code)).properties.logged, true);
    });

    for (const script of endlessScripts) {
      it(`${script.name} ends in time and leaves the event alone`, () => assertHarmless(impatient, script));
    }
    for (const script of failingScripts) {
      it(`${script.name}: it fails as what it is, and leaves the event alone`, () => assertHarmless(sandbox, script));
    }

    checkCases(
      () => sandbox,
      () => impatient,
    );
    trialCases(() => impatient);
    pauseCases(() => impatient);
  });
}

export async function assertHarmless(sandbox: Sandbox, { name, code, faults }: HostileScript): Promise<void> {
  const outcome = await runOne(sandbox, code, scriptEvent(), name);
  assert.equal(outcome.kind, "failed", JSON.stringify(outcome));
  const { fault } = outcome as { fault: (typeof faults)[number] };
  assert.ok(faults.includes(fault), `${fault} is none of ${faults.join(", ")}`);
  assert.equal(returned(await runOne(sandbox, kindEcho, scriptEvent(), "bystander")).properties.seen, true);
}

function checkCases(sandbox: () => Sandbox, impatient: () => Sandbox): void {
  const checked = async (at: Sandbox, code: string) => unwrap(await within(boundedMs, at.check(code)));

  it("code that works has no issue", async () => {
    assert.equal(await checked(sandbox(), kindEcho), null);
  });

  it("wrong code is told with its line and column", async () => {
    const issue = await checked(sandbox(), "function process(event) {\n  return event +;\n}");
    assert.equal(issue?.code, "syntax");
    assert.equal(issue?.line, 2);
    assert.ok((issue?.column ?? 0) > 0);
  });

  it("code that can't start is told as such", async () => {
    const cases: [string, string][] = [
      ["const proces = 1", "no_function"],
      ["throw new Error('x')", "start"],
      ["const kept = []; for (;;) kept.push('x'.repeat(1e6))", "memory"],
      ["for (;;);", "timeout"],
      ["Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)", "timeout"],
      [`${" ".repeat(64 * 1024)}${kindEcho}`, "too_large"],
    ];
    for (const [code, expected] of cases) {
      const at = expected === "timeout" ? impatient() : sandbox();
      assert.equal((await checked(at, code))?.code, expected);
    }
  });
}

function trialCases(sandbox: () => Sandbox): void {
  it("candidates on trial that time out pause neither others nor their organisation's own script", async () => {
    const candidate = (code: string) => ({ ...scriptOf("trier", code), isTrial: true });
    const hang = candidate("function process() { for (;;); }");
    const events = Array.from({ length: 5 }, () => scriptEvent());
    const kinds = (await within(boundedMs, sandbox().run(hang, events))).map(({ kind }) => kind);
    assert.deepEqual(new Set(kinds), new Set(["failed", "paused"]));
    for (const script of [candidate(kindEcho), scriptOf("trier", kindEcho)]) {
      assert.equal(returned((await sandbox().run(script, [scriptEvent()]))[0]).properties.seen, true);
    }
    const counters = sandbox().counters("trier");
    assert.deepEqual([counters?.failed, counters?.paused, counters?.pausedUntilMs], [{}, 0, null]);
  });
}

function pauseCases(sandbox: () => Sandbox): void {
  it("an organisation that times out again and again is paused, visibly, and no other waits for it", async () => {
    const hang = scriptOf("hangs", "function process() { for (;;); }");
    const events = Array.from({ length: 200 }, () => scriptEvent());
    const hanging = sandbox().run(hang, events);
    const startMs = performance.now();
    for (let i = 0; i < 20; i += 1) {
      const outcome = await runOne(sandbox(), kindEcho, scriptEvent(), `neighbour ${i}`);
      assert.equal(returned(outcome).properties.seen, true);
    }
    assert.ok(performance.now() - startMs < boundedMs);
    const outcomes = await within(boundedMs, hanging);
    const kinds = new Set(outcomes.map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), ["failed", "paused"]);
    const counters = sandbox().counters("hangs");
    assert.ok((counters?.pausedUntilMs ?? 0) > 0);
    assert.ok((counters?.paused ?? 0) > 150);
    assert.equal((await sandbox().run(hang, [scriptEvent()]))[0]?.kind, "paused");
    assert.equal(sandbox().counters("bystander")?.pausedUntilMs, null);
  });
}
