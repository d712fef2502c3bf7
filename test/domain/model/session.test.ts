import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import {
  type Activity,
  advance,
  isActivity,
  isSessionEvent,
  type Session,
  type SessionSettings,
  sessionMessageId,
  sessionSettingsOf,
  visitorOf,
} from "../../../domain/model/session.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const settings: SessionSettings = { timeoutMs: 30 * minuteMs, durationMsMax: 24 * hourMs, announcesStart: true };

/** An event at a minute, received at once unless said otherwise. */
function at(minute: number, rest: Partial<Activity> = {}): Activity {
  return { timestampMs: minute * minuteMs, receivedAtMs: minute * minuteMs, dataLayerVersion: 1, ...rest };
}

/** A visitor whose events are taken one by one. Shape: the session each event is in, and all sessions in the end. */
function play(events: readonly (readonly [Activity, SessionSettings])[], sessions: Session[] = []) {
  const places = events.map(([event, own]) => {
    const { session } = advance(sessions, event, own, () => `from ${event.timestampMs / minuteMs}`);
    const others = sessions.filter(({ id }) => id !== session.id);
    sessions = [...others, session].sort((a, b) => a.startedAtMs - b.startedAtMs);
    return session.id;
  });
  return { places, sessions };
}

function playMinutes(...minutes: number[]) {
  return play(minutes.map((minute) => [at(minute), settings] as const));
}

/** A session's start, latest activity and end in minutes, and its events. */
function spans(sessions: readonly Session[]) {
  return sessions.map(({ startedAtMs, lastAtMs, endsAtMs, events }) => [
    startedAtMs / minuteMs,
    lastAtMs / minuteMs,
    endsAtMs / minuteMs,
    events,
  ]);
}

describe("sessions of a visitor", () => {
  it("last while less than a timeout passes between events", () => {
    const { places, sessions } = playMinutes(0, 29, 58, 88, 117);
    assert.deepEqual(places, ["from 0", "from 0", "from 0", "from 88", "from 88"]);
    assert.deepEqual(spans(sessions), [
      [0, 58, 88, 3],
      [88, 117, 147, 2],
    ]);
  });

  it("last no longer than their longest duration, however busy the visitor is", () => {
    const { places, sessions } = playMinutes(...Array.from({ length: 200 }, (_, n) => n * 20));
    assert.deepEqual([...new Set(places)], ["from 0", "from 1440", "from 2880"]);
    assert.deepEqual(
      sessions.map((session) => session.endsAtMs - session.startedAtMs),
      [24 * hourMs, 24 * hourMs, sessions[2] ? sessions[2].lastAtMs - sessions[2].startedAtMs + 30 * minuteMs : 0],
    );
  });

  it("take events out of order without moving their start", () => {
    const { places, sessions } = playMinutes(60, 40, 75, 50, 31);
    assert.deepEqual(new Set(places), new Set(["from 60"]));
    assert.deepEqual(spans(sessions), [[60, 75, 105, 5]]);
  });

  it("don't merge: a late event between two joins the earlier, and so do those after it", () => {
    const { places, sessions } = playMinutes(0, 45, 25, 44, 50);
    assert.deepEqual(places, ["from 0", "from 45", "from 0", "from 0", "from 45"]);
    assert.deepEqual(spans(sessions), [
      [0, 44, 74, 3],
      [45, 50, 80, 2],
    ]);
  });

  it("open before others where a late event touches none", () => {
    const { places, sessions } = playMinutes(100, 70, 69, 10);
    assert.deepEqual(places, ["from 100", "from 70", "from 70", "from 10"]);
    assert.deepEqual(spans(sessions), [
      [10, 10, 40, 1],
      [70, 70, 100, 2],
      [100, 100, 130, 1],
    ]);
  });

  it("are not shortened by a late event, nor kept open by it", () => {
    const late = at(5, { receivedAtMs: 300 * minuteMs });
    const { sessions } = play([
      [at(0), settings],
      [at(20), settings],
      [late, { ...settings, timeoutMs: minuteMs }],
    ]);
    assert.deepEqual(spans(sessions), [[0, 20, 50, 3]]);
  });

  it("are final once their end was told: late events join and change nothing, later ones open another", () => {
    const ended = { ...(playMinutes(0, 20).sessions[0] as Session), ended: true };
    const { places, sessions } = play(
      [10, 49, -10, 50].map((minute) => [at(minute), settings] as const),
      [ended],
    );
    assert.deepEqual(places, ["from 0", "from 0", "from 0", "from 50"]);
    assert.equal(sessions[0], ended);
  });

  it("follow the settings of each event's own version", () => {
    const short = { ...settings, timeoutMs: 5 * minuteMs };
    const { places, sessions } = play([
      [at(0), settings],
      [at(20, { dataLayerVersion: 2 }), settings],
      [at(24, { dataLayerVersion: 3 }), short],
      [at(30, { dataLayerVersion: 3 }), short],
      [at(50, { dataLayerVersion: 2 }), settings],
    ]);
    assert.deepEqual(places, ["from 0", "from 0", "from 0", "from 30", "from 30"]);
    assert.deepEqual(spans(sessions), [
      [0, 24, 29, 3],
      [30, 50, 80, 2],
    ]);
    assert.deepEqual(
      sessions.map((session) => session.dataLayerVersion),
      [3, 2],
    );
  });

  it("may be ended one timeout after they were last heard of, so that what was held back arrives whole", () => {
    const twoDaysMs = 48 * hourMs;
    const held = [0, 10, 20].map((minute) => at(minute, { receivedAtMs: twoDaysMs + minute }));
    const { sessions } = play(held.map((event) => [event, settings] as const));
    assert.deepEqual(spans(sessions), [[0, 20, 50, 3]]);
    assert.equal(sessions[0]?.dueAtMs, twoDaysMs + 20 + 30 * minuteMs);
    assert.equal(playMinutes(7).sessions[0]?.dueAtMs, 37 * minuteMs);
  });
});

describe("what counts for a session", () => {
  it("an event that shows its visitor is there; not what is only said about one", () => {
    assert.deepEqual((["track", "page", "screen", "identify"] as const).map(isActivity), [true, true, true, true]);
    assert.deepEqual((["group", "alias", "consent"] as const).map(isActivity), [false, false, false]);
  });

  it("the anonymous id names the visitor, else the user's", () => {
    assert.equal(visitorOf({ anonymousId: "a", userId: "u" }), "a");
    assert.equal(visitorOf({ anonymousId: null, userId: "u" }), "u");
    assert.equal(visitorOf({ anonymousId: "", userId: "u" }), "u");
    assert.equal(visitorOf({ anonymousId: null, userId: null }), null);
  });

  it("the data layer's minutes and hours", () => {
    const config = { timeout_minutes: 5, max_duration_hours: 2, track_session_start: false, track_session_end: true };
    const expected = { timeoutMs: 5 * minuteMs, durationMsMax: 2 * hourMs, announcesStart: false };
    assert.deepEqual(sessionSettingsOf(config), expected);
  });
});

test("what Tidegate adds to a session is told from what was sent, even under the same name", () => {
  const sessionId = "5e551011-0000-8000-8000-000000000001";
  assert.equal(isSessionEvent({ sessionId, messageId: sessionMessageId(sessionId, "started") }), true);
  assert.equal(isSessionEvent({ sessionId, messageId: sessionMessageId(sessionId, "ended") }), true);
  assert.equal(isSessionEvent({ sessionId, messageId: "sent-by-someone" }), false);
  assert.equal(isSessionEvent({ sessionId: null, messageId: "null-started" }), false);
});
