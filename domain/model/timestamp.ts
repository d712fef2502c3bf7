const clock = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?`;
/** Behind an offset its name says nothing more. */
const zone = String.raw`(Z|UTC?|GMT|[ECMP][SD]T|[+-]\d{2}(?::?\d{2})?)(?: (?:[A-Z]{2,5}|[+-]\d{2,4}))?`;
const isoTime = new RegExp(String.raw`^(\d{4})([-/])(\d{2})\2(\d{2})(?:[T ]${clock}(?: ?${zone})?)?$`, "i");
/** Without separators, and with all digits: eight of them may be anything. */
const compactTime = /^(\d{4})()(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
/** What follows a time that is told already: a zone's name in brackets, Go's monotonic clock. */
const afterthought = /(?: ?\[[\w/+-]{1,40}\]| m=[+-][\d.]{1,30}| \([\w /+-]{1,60}\))$/;

/** Fewer digits are a year or a date without separators, and no time of an event. */
const unixTime = /^(?:0|\d{9,19}(?:\.\d+)?)$/;
/** Doubles as Java writes them. */
const doubleTime = /^\d\.\d+e\+?(?:9|1[0-8])$/i;
/** JSON of .NET before 5; its zone changes nothing. */
const dotnetTime = /^\/Date\((\d{9,13})(?:[+-]\d{4})?\)\/$/;

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekday = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*$/;
/** Hours of zones that are written as names. Source: RFC 5322, section 4.3; other names are ambiguous. */
const zoneHours: Readonly<Record<string, number>> = {
  ...{ z: 0, ut: 0, utc: 0, gmt: 0 },
  ...{ est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 },
};

const textCharsMax = 100;
const zoneHoursMax = 18;
const earliestMs = Date.UTC(1970, 0, 1);
const latestMs = Date.UTC(2200, 0, 1);

/**
 * Reads a time as SDKs, databases and languages write it: ISO 8601, with a space and a zone's name too; dates with the
 * month in words (RFC 2822, HTTP, C, Java, JavaScript); Unix time as a number or digits.
 *
 * Units: milliseconds since the epoch; Unix time is in seconds, milliseconds, microseconds or nanoseconds by its size.
 * A time without a zone is UTC's. Null for what is none, is ambiguous (`11/12/2026`), or lies before 1970 or past 2199.
 */
export function parseTimestamp(text: string | null): number | null {
  if (text === null || text.length > textCharsMax) return null;
  const trimmed = text.trim().replace(/\s/g, " ");
  return inRange(isoMs(trimmed)) ?? inRange(unixMs(trimmed)) ?? inRange(wordsMs(trimmed));
}

function inRange(ms: number | null): number | null {
  return ms !== null && ms >= earliestMs && ms < latestMs ? ms : null;
}

/** Texts of digits; `zone` is Z, a name or an offset. */
interface TimeParts {
  readonly date: readonly [year: number, month: number, day: number];
  readonly time: readonly (string | undefined)[];
  readonly fraction: string;
  readonly zone: string;
}

/** A leap second is the next minute's first; 24:00 is the next day's start. Null for what no calendar or clock has. */
function msOf({ date: [year, month, day], time, fraction, zone }: TimeParts): number | null {
  const [hour, minute, second] = time.map((digits) => Number(digits ?? 0)) as [number, number, number];
  const zoneMinutes = minutesOf(zone);
  if (zoneMinutes === null || minute > 59 || second > 60 || month < 1 || month > 12) return null;
  if (hour > 24 || (hour === 24 && (minute > 0 || second > 0))) return null;
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  const ms = Number(fraction.slice(0, 3).padEnd(3, "0"));
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - zoneMinutes * 60_000;
}

/** Minutes east of Greenwich; null for a name or an offset that is none. */
function minutesOf(zone: string): number | null {
  const named = zoneHours[zone.toLowerCase()];
  if (named !== undefined) return named * 60;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (hours === undefined || Number(hours) > zoneHoursMax || Number(minutes) > 59) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function isoMs(text: string): number | null {
  const plain = withoutAfterthoughts(text);
  const found = isoTime.exec(plain) ?? compactTime.exec(plain);
  if (found === null) return null;
  const [, year, , month, day, hour, minute, second, fraction = "", zone = "Z"] = found;
  const date = [Number(year), Number(month), Number(day)] as const;
  return msOf({ date, time: [hour, minute, second], fraction, zone });
}

function withoutAfterthoughts(text: string): string {
  const shorter = text.replace(afterthought, "");
  return shorter === text ? text : withoutAfterthoughts(shorter);
}

function unixMs(text: string): number | null {
  const digits = dotnetTime.exec(text)?.[1] ?? text;
  if (!unixTime.test(digits) && !doubleTime.test(digits)) return null;
  const value = Number(digits);
  if (value < 1e11) return Math.round(value * 1e3);
  if (value < 1e14) return Math.round(value);
  if (value < 1e17) return Math.round(value / 1e3);
  return value < 1e18 ? null : Math.round(value / 1e6);
}

/** Words in any order, as each language has its own: a month's name, a year of four digits, a day, a time. */
function wordsMs(text: string): number | null {
  const known: { month?: number; year?: number; day?: number; time?: readonly string[]; zone?: string; noon?: string } =
    {};
  for (const word of withoutAfterthoughts(text)
    .toLowerCase()
    .split(/[ ,]+|(?<=\d)-(?=[a-z])|(?<=[a-z])-(?=\d)/)) {
    const month = months.indexOf(word.slice(0, 3)) + 1;
    const offset = /^(?:utc|gmt)?([+-]\d{2}:?\d{2})$/.exec(word)?.[1];
    const time = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?$/.exec(word);
    if (word === "" || weekday.test(word)) continue;
    if (time !== null && known.time === undefined) known.time = [...time].slice(1);
    else if (month > 0 && /^[a-z]+\.?$/.test(word) && known.month === undefined) known.month = month;
    else if (/^\d{4}$/.test(word) && known.year === undefined) known.year = Number(word);
    else if (/^\d{1,2}$/.test(word) && known.day === undefined) known.day = Number(word);
    else if ((word === "am" || word === "pm") && known.noon === undefined) known.noon = word;
    else if (offset !== undefined && (known.zone ?? "utc") === "utc") known.zone = offset;
    else if (Object.hasOwn(zoneHours, word) && known.zone === undefined) known.zone = word;
    else return null;
  }
  const { month, year, day, time, zone = "z", noon } = known;
  if (month === undefined || year === undefined || day === undefined || time === undefined) return null;
  const [hour = "", minute, second, fraction = ""] = time;
  if (noon !== undefined && (Number(hour) < 1 || Number(hour) > 12)) return null;
  const hours = noon === undefined ? hour : String((Number(hour) % 12) + (noon === "pm" ? 12 : 0));
  return msOf({ date: [year, month, day], time: [hours, minute, second], fraction, zone });
}
