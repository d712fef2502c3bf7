import type { DataLayerConfig } from "./data-layer.ts";
import type { EventType } from "./event/event.ts";
import { joinableId } from "./identity/placeholder-id.ts";

/** A visitor's session, told by event time: it lasts from `startedAtMs` until just before `endsAtMs`. */
export interface Session {
  readonly id: string;
  /** Time of the event that opened it: final. */
  readonly startedAtMs: number;
  /** Time of its latest activity. */
  readonly lastAtMs: number;
  /** One timeout after its latest activity, or its longest duration after its start. */
  readonly endsAtMs: number;
  /** When its end may be told: one timeout after it was last heard of, so that what comes late in order finds it. */
  readonly dueAtMs: number;
  /** Events of the visitor in it, as long as its end was not told. */
  readonly events: number;
  /** Version of the data layer of its latest activity: it governs how its end is told. */
  readonly dataLayerVersion: number;
  /** Its end was told: what was said is final. */
  readonly ended: boolean;
}

/** What a session has to know of an event. */
export interface Activity {
  readonly timestampMs: number;
  readonly receivedAtMs: number;
  readonly dataLayerVersion: number;
}

/** A data layer's word on sessions, in milliseconds. */
export interface SessionSettings {
  readonly timeoutMs: number;
  readonly durationMsMax: number;
  readonly announcesStart: boolean;
}

/** What an event did: it opened a session, or joined one (which is as it was if its end had been told). */
export type Step =
  | { readonly kind: "opened"; readonly session: Session }
  | { readonly kind: "joined"; readonly session: Session };

/** Names of the events that Tidegate itself adds to a session. */
export const sessionEventNames = { started: "Session Started", ended: "Session Ended" } as const;

/** How Tidegate names what it adds to a session, so that it is added once and can be told from what was sent. */
export function sessionMessageId(sessionId: string, told: keyof typeof sessionEventNames): string {
  return `${sessionId}-${told}`;
}

/** Whether a stored event was added by Tidegate itself, not sent. */
export function isSessionEvent(event: { readonly messageId: string; readonly sessionId: string | null }): boolean {
  const { messageId, sessionId } = event;
  if (sessionId === null) return false;
  return messageId === sessionMessageId(sessionId, "started") || messageId === sessionMessageId(sessionId, "ended");
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const activeTypes: readonly EventType[] = ["track", "page", "screen", "identify"];

/** Whether an event tells that its visitor is there. The others belong to no session. */
export function isActivity(type: EventType): boolean {
  return activeTypes.includes(type);
}

/** Whose session, and whose install, an event belongs to, within its project; null if it names no one. */
export function visitorOf(event: { readonly anonymousId: string | null; readonly userId: string | null }) {
  return joinableId(event.anonymousId) ?? joinableId(event.userId);
}

/** A data layer's session settings as `advance` takes them. */
export function sessionSettingsOf(config: DataLayerConfig["session"]): SessionSettings {
  return {
    timeoutMs: config.timeout_minutes * minuteMs,
    durationMsMax: config.max_duration_hours * hourMs,
    announcesStart: config.track_session_start,
  };
}

/** A session lasts while less than a timeout passes between events, and no longer than its longest duration. */
function covers(session: Session, atMs: number, settings: SessionSettings): boolean {
  if (atMs <= session.lastAtMs) return true;
  if (session.ended) return atMs < session.endsAtMs;
  return atMs < session.lastAtMs + settings.timeoutMs && atMs < session.startedAtMs + settings.durationMsMax;
}

/** The session that an event opens. Shape: all of it but its id, which the caller derives. */
function open(event: Activity, settings: SessionSettings): Omit<Session, "id"> {
  const { timestampMs, receivedAtMs, dataLayerVersion } = event;
  const endsAtMs = timestampMs + Math.min(settings.timeoutMs, settings.durationMsMax);
  return {
    startedAtMs: timestampMs,
    lastAtMs: timestampMs,
    endsAtMs,
    dueAtMs: Math.max(endsAtMs, receivedAtMs + settings.timeoutMs),
    events: 1,
    dataLayerVersion,
    ended: false,
  };
}

/** A session after one more event. Its start stays, and an event older than its latest activity moves no end. */
function join(session: Session, event: Activity, settings: SessionSettings): Session {
  if (session.ended) return session;
  const { timestampMs, receivedAtMs, dataLayerVersion } = event;
  const dueAtMs = Math.max(session.dueAtMs, receivedAtMs + settings.timeoutMs);
  if (timestampMs <= session.lastAtMs) return { ...session, dueAtMs, events: session.events + 1 };
  const endsAtMs = Math.min(timestampMs + settings.timeoutMs, session.startedAtMs + settings.durationMsMax);
  return {
    ...session,
    lastAtMs: timestampMs,
    endsAtMs,
    dueAtMs: Math.max(dueAtMs, endsAtMs),
    events: session.events + 1,
    dataLayerVersion,
  };
}

/** How many of the sessions, oldest start first, started at this time or before. */
export function startedBy(sessions: readonly Session[], atMs: number): number {
  let [low, high] = [0, sessions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sessions[middle] as Session).startedAtMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Takes one event of a visitor: the rule of sessions, whole.
 *
 * The event joins the latest session that started before it, if that one lasts until then; else the next one, if it
 * started less than a timeout later; else it opens its own. So an event between two joins the earlier, and sessions
 * never merge, shorten or start anew.
 *
 * Shape: `sessions` are the visitor's, oldest start first; those before the event's predecessor and after its
 * successor may be left out. `idOf` gives a session that is opened its id.
 */
export function advance(
  sessions: readonly Session[],
  event: Activity,
  settings: SessionSettings,
  idOf: () => string,
): Step {
  const next = startedBy(sessions, event.timestampMs);
  const predecessor = sessions[next - 1];
  if (predecessor && covers(predecessor, event.timestampMs, settings)) {
    return { kind: "joined", session: join(predecessor, event, settings) };
  }
  const successor = sessions[next];
  if (successor && successor.startedAtMs - event.timestampMs < settings.timeoutMs) {
    return { kind: "joined", session: join(successor, event, settings) };
  }
  return { kind: "opened", session: { id: idOf(), ...open(event, settings) } };
}
