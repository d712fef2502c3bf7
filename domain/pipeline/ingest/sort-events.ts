import { capturedFields, column, type EventBatch, rowStride } from "../../model/event/event.ts";
import { assert } from "../../model/failure.ts";
import {
  type DropReason,
  dropReasonOf,
  type RejectReason,
  rejectReasonOf,
  type Verdict,
  verdicts,
} from "../../model/outcome.ts";

/** An event of a well-formed body that was refused: which one, why, and where; never its value. */
export interface RejectedEvent {
  readonly index: number;
  readonly code: RejectReason;
  /** Path in the envelope the refusal is about. */
  readonly field?: string;
  /** Byte offset into the decoded body. */
  readonly position?: number;
}

/** The kernel's batch, taken apart by verdict. */
export interface SortedEvents {
  readonly passed: EventBatch;
  /** Where each event that passed stood in the body; null if all did. */
  readonly places: readonly number[] | null;
  readonly dropped: Partial<Record<DropReason, number>>;
  readonly rejected: readonly RejectedEvent[];
}

const nothing = new Uint8Array(0);

/** Keeps the rows of events that passed, counts drops by reason and lists rejections by index. */
export function sortEvents(batch: EventBatch): SortedEvents {
  if (allPass(batch)) return { passed: batch, places: null, dropped: {}, rejected: [] };
  const rows = new Int32Array(batch.count * rowStride);
  const dropped: Partial<Record<DropReason, number>> = {};
  const rejected: RejectedEvent[] = [];
  const places: number[] = [];
  for (let index = 0; index < batch.count; index += 1) {
    const verdict = column(batch, index, "verdict") as Verdict;
    if (verdict === verdicts.pass) {
      rows.set(batch.rows.subarray(index * rowStride, (index + 1) * rowStride), places.length * rowStride);
      places.push(index);
    } else if (verdict === verdicts.drop) {
      const reason = dropReasonOf(column(batch, index, "code"));
      assert(reason, "the kernel dropped an event for a reason that has no name");
      dropped[reason] = (dropped[reason] ?? 0) + 1;
    } else {
      rejected.push(rejection(batch, index));
    }
  }
  const count = places.length;
  const bytes = count === 0 ? nothing : batch.bytes;
  return { passed: { count, rows: rows.subarray(0, count * rowStride), bytes }, places, dropped, rejected };
}

/** What most batches are: then nothing is copied. */
function allPass(batch: EventBatch): boolean {
  for (let index = 0; index < batch.count; index += 1) {
    if (column(batch, index, "verdict") !== verdicts.pass) return false;
  }
  return batch.count > 0;
}

function rejection(batch: EventBatch, index: number): RejectedEvent {
  const code = rejectReasonOf(column(batch, index, "code"));
  assert(code, "the kernel rejected an event for a reason that has no name");
  const field = capturedFields[column(batch, index, "field")];
  const position = column(batch, index, "detail");
  return { index, code, ...(field === undefined ? {} : { field }), ...(position < 0 ? {} : { position }) };
}
