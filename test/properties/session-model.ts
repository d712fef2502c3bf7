import type { Session } from "../../domain/model/session.ts";

/** Sessions told once more, the straightforward way: every session of a visitor is looked at for every event. */
export interface ModelEvent {
  readonly messageId: string;
  readonly visitor: string;
  readonly timestampMs: number;
  readonly receivedAtMs: number;
  readonly active: boolean;
}

export interface ModelSettings {
  readonly timeoutMs: number;
  readonly durationMsMax: number;
}

type Held = { -readonly [K in keyof Omit<Session, "id" | "dataLayerVersion">]: Session[K] } & {
  readonly visitor: string;
  readonly members: string[];
};

export interface SessionModel {
  take(event: ModelEvent, settings: ModelSettings): void;
  sweep(dueBeforeMs: number): void;
  /** Oldest start first, visitor by visitor. */
  sessions(): readonly Held[];
}

/** Opens the model: no visitor has been seen. */
export function openSessionModel(): SessionModel {
  const held: Held[] = [];
  const seen = new Set<string>();

  function lasts(session: Held, atMs: number, settings: ModelSettings): boolean {
    if (atMs >= session.startedAtMs && atMs <= session.lastAtMs) return true;
    if (session.ended) return atMs < session.endsAtMs;
    const quietMs = atMs - session.lastAtMs;
    return quietMs < settings.timeoutMs && atMs - session.startedAtMs < settings.durationMsMax;
  }

  function sessionFor(event: ModelEvent, settings: ModelSettings): Held | undefined {
    const own = held.filter((session) => session.visitor === event.visitor);
    let before: Held | undefined;
    let after: Held | undefined;
    for (const session of own) {
      if (session.startedAtMs <= event.timestampMs) {
        if (!before || session.startedAtMs > before.startedAtMs) before = session;
      } else if (!after || session.startedAtMs < after.startedAtMs) after = session;
    }
    if (before && lasts(before, event.timestampMs, settings)) return before;
    return after && after.startedAtMs - event.timestampMs < settings.timeoutMs ? after : undefined;
  }

  function take(event: ModelEvent, settings: ModelSettings): void {
    if (seen.has(event.messageId)) return;
    seen.add(event.messageId);
    if (!event.active) return;
    const heardUntilMs = event.receivedAtMs + settings.timeoutMs;
    const session = sessionFor(event, settings);
    if (!session) {
      const endsAtMs = event.timestampMs + Math.min(settings.timeoutMs, settings.durationMsMax);
      const { visitor, timestampMs: startedAtMs } = event;
      const dueAtMs = Math.max(endsAtMs, heardUntilMs);
      const members = [event.messageId];
      held.push({ visitor, startedAtMs, lastAtMs: startedAtMs, endsAtMs, dueAtMs, events: 1, ended: false, members });
      return;
    }
    session.members.push(event.messageId);
    if (session.ended) return;
    session.events += 1;
    if (event.timestampMs > session.lastAtMs) {
      session.lastAtMs = event.timestampMs;
      const longestMs = session.startedAtMs + settings.durationMsMax;
      session.endsAtMs = Math.min(event.timestampMs + settings.timeoutMs, longestMs);
    }
    session.dueAtMs = Math.max(session.dueAtMs, heardUntilMs, session.endsAtMs);
  }

  return {
    take,
    sweep(dueBeforeMs) {
      for (const session of held) if (session.dueAtMs <= dueBeforeMs) session.ended = true;
    },
    sessions: () => [...held].sort((a, b) => a.visitor.localeCompare(b.visitor) || a.startedAtMs - b.startedAtMs),
  };
}
