import type pg from "pg";
import { advance, isActivity, type Session, startedBy, visitorOf } from "../../../domain/model/session.ts";
import { sessionIdOf, startedEvent } from "./session-events.ts";
import {
  loadSessions,
  lockVisitors,
  momentOf,
  type SessionToSave,
  saveSessions,
  type Visitor,
} from "./session-rows.ts";
import type { SettingsOf, SettingsReader } from "./session-settings.ts";
import type { Arrival, PlacedArrival } from "./store-events.ts";

/**
 * Places events in the sessions of their visitors, within the caller's transaction and in the order given.
 *
 * Shape: the events, and before each that opened a session the one that tells so, where its data layer wants it told.
 */
export async function placeInSessions(
  client: pg.PoolClient,
  arrivals: readonly Arrival[],
  reader: SettingsReader,
): Promise<PlacedArrival[]> {
  const settingsOf = await reader.read(client, arrivals);
  const visitors = visitorsOf(arrivals, settingsOf);
  if (visitors.length === 0) return arrivals.map((arrival) => ({ ...arrival, sessionId: null, added: false }));
  await lockVisitors(client, visitors);
  const known = await loadSessions(client, visitors, longestTimeoutMs(arrivals, settingsOf));
  const sessionIds = new Map<Arrival, string>();
  const changes = visitors.flatMap((visitor, n) => walk(visitor, known[n] as Session[], settingsOf, sessionIds));
  await saveSessions(client, changes);
  const openings = new Set(changes.flatMap(({ opening }) => (opening ? [opening] : [])));
  return arrivals.flatMap((arrival): PlacedArrival[] => {
    const sessionId = sessionIds.get(arrival) ?? null;
    const placed = { ...arrival, sessionId, added: false };
    const announced = sessionId !== null && openings.has(arrival) && settingsOf(arrival)?.announcesStart;
    return announced ? [{ ...startedEvent(arrival, sessionId), sessionId, added: true }, placed] : [placed];
  });
}

function visitorsOf(arrivals: readonly Arrival[], settingsOf: SettingsOf): Visitor[] {
  const visitors = new Map<string, Visitor>();
  for (const arrival of arrivals) {
    const id = visitorOf(arrival.event);
    if (id === null || !isActivity(arrival.event.type) || !settingsOf(arrival)) continue;
    const { orgId, projectId } = arrival.record;
    const key = `${orgId} ${projectId} ${id}`;
    const visitor = visitors.get(key);
    if (visitor) visitor.arrivals.push(arrival);
    else visitors.set(key, { orgId, projectId, id, arrivals: [arrival] });
  }
  return [...visitors.values()];
}

function longestTimeoutMs(arrivals: readonly Arrival[], settingsOf: SettingsOf): number {
  return arrivals.reduce((ms, arrival) => Math.max(ms, settingsOf(arrival)?.timeoutMs ?? 0), 0);
}

/** Takes a visitor's events one by one. Shape: what became of the sessions they opened or changed. */
function walk(
  visitor: Visitor,
  sessions: Session[],
  settingsOf: SettingsOf,
  sessionIds: Map<Arrival, string>,
): SessionToSave[] {
  const changes = new Map<string, SessionToSave>();
  for (const arrival of visitor.arrivals) {
    const settings = settingsOf(arrival);
    if (!settings) continue;
    const { receivedAtMs, dataLayerVersion } = arrival.record;
    const activity = { timestampMs: momentOf(arrival), receivedAtMs, dataLayerVersion };
    const { kind, session } = advance(sessions, activity, settings, () => sessionIdOf(arrival, visitor.id));
    sessionIds.set(arrival, session.id);
    const at = startedBy(sessions, session.startedAtMs);
    if (kind === "opened") sessions.splice(at, 0, session);
    else sessions[at - 1] = session;
    if (session.ended) continue;
    const opening = kind === "opened" ? arrival : (changes.get(session.id)?.opening ?? null);
    changes.set(session.id, { visitor, session, opening });
  }
  return [...changes.values()];
}
