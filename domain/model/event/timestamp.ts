const clock = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?`;
/** The other half of a clock of twelve hours; iOS writes it into ISO 8601 where a device is set to one. */
const half = String.raw`(?: ?([ap])\.?m\.?(?:\.(\d{3}))?)?`;
/** Behind an offset its name says nothing more. */
const zone = String.raw`((?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|Z|[A-Z]{2,4})(?: (?:[A-Z]{2,5}|[+-]\d{2,4}))?`;
const time = `(?:[T _]${clock}${half}(?: ?${zone})?)?`;
const isoTime = new RegExp(String.raw`^(?:\+00)?(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${time}$`, "i");
/** With dots the day comes first, wherever it is written so. */
const dottedTime = new RegExp(String.raw`^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,? ${clock}${half}(?: ?${zone})?)?$`, "i");
/** ISO 8601 by week (`2026-W48-6`) or by the day of the year (`2026-332`). */
const weekTime = new RegExp(String.raw`^(\d{4})-W(\d{2})-([1-7])${time}$`, "i");
const yearDayTime = new RegExp(String.raw`^(\d{4})-(\d{3})${time}$`, "i");
/** Without separators, and with all digits: eight of them may be anything. */
const compactTime = /^(\d{4})(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
/** What follows a time that is told already: a zone's name in brackets, Go's monotonic clock. */
const trailingWords = /(?: ?\[[\w/+-]{1,40}\]| m=[+-][\d.]{1,30}| \([\w /+-]{1,60}\))$/;

/** Fewer digits are a year or a date without separators, and no time of an event. */
const unixTime = /^(?:0|\d{9,19}(?:\.\d+)?)$/;
/** Doubles as Java writes them. */
const doubleTime = /^\d\.\d+e\+?(?:9|1[0-8])$/i;
/** JSON of .NET before 5; its zone changes nothing. */
const dotnetTime = /^\/Date\((\d{9,13})(?:[+-]\d{4})?\)\/$/;

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const weekday = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*$/;
/**
 * Hours of zones that are written as names. Source: RFC 5322, section 4.3, and those of the tz database that one zone
 * alone has; others are ambiguous (BST, IST, AST).
 */
const zoneHours: Readonly<Record<string, number>> = {
  ...{ z: 0, ut: 0, utc: 0, gmt: 0 },
  ...{ est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 },
  ...{ wet: 0, west: 1, cet: 1, cest: 2, mez: 1, mesz: 2, eet: 2, eest: 3, msk: 3, jst: 9, kst: 9, hkt: 8 },
  ...{ aest: 10, aedt: 11, awst: 8, nzst: 12, nzdt: 13, akst: -9, akdt: -8, hst: -10, brt: -3, wib: 7 },
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
  const trimmed = plainDigits(text).replace(quotes, "").replace(/\s/g, " ");
  return inRange(isoMs(trimmed)) ?? inRange(unixMs(trimmed)) ?? inRange(wordsMs(trimmed));
}

const quotes = /^[\s"']+|[\s"']+$/g;
const zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];

/** Digits of other scripts, which devices write in their own language, as ASCII's; full-width forms and minus, too. */
function plainDigits(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text
    .normalize("NFKC")
    .replace(/[\u200e\u200f\u061c]/g, "")
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/\p{Nd}/gu, (digit) => {
      const code = digit.charCodeAt(0);
      const zero = zeros.find((first) => code >= first && code < first + 10);
      return zero === undefined ? digit : String(code - zero);
    });
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
  const name = zone.toLowerCase();
  const named = Object.hasOwn(zoneHours, name) ? zoneHours[name] : undefined;
  if (named !== undefined) return named * 60;
  const [, sign, hours, minutes = "0"] = /^(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?$/.exec(name) ?? [];
  if (hours === undefined || Number(hours) > zoneHoursMax || Number(minutes) > 59) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function isoMs(text: string): number | null {
  const plain = withoutTrailingWords(text);
  const compact = compactTime.exec(plain);
  if (compact !== null) {
    const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = compact;
    const date = [Number(year), Number(month), Number(day)] as const;
    return msOf({ date, time: [hour, minute, second], fraction, zone });
  }
  const found = isoTime.exec(plain);
  if (found !== null) return msOnDay([Number(found[1]), Number(found[3]), Number(found[4])], found.slice(5));
  const dotted = dottedTime.exec(plain);
  if (dotted !== null) return msOnDay([Number(dotted[3]), Number(dotted[2]), Number(dotted[1])], dotted.slice(4));
  const week = weekTime.exec(plain);
  if (week !== null) return msOnDay(dateOfWeek(Number(week[1]), Number(week[2]), Number(week[3])), week.slice(4));
  const yearDay = yearDayTime.exec(plain);
  return yearDay === null ? null : msOnDay(dateOfYearDay(Number(yearDay[1]), Number(yearDay[2])), yearDay.slice(3));
}

type Day = readonly [year: number, month: number, day: number];

/** `rest` is what `clock`, `half` and `zone` found. */
function msOnDay(date: Day | null, rest: readonly (string | undefined)[]): number | null {
  const [hour, minute, second, fraction, noon, lateFraction, zone = "Z"] = rest;
  if (date === null) return null;
  const hours = noon === undefined ? hour : hourOf(Number(hour), noon.toLowerCase() === "p");
  if (hours === null) return null;
  return msOf({ date, time: [hours, minute, second], fraction: fraction ?? lateFraction ?? "", zone });
}

/** Of a clock of twelve hours, or of one of 24 with a needless half behind it; null for 13 am. */
function hourOf(hour: number, isAfternoon: boolean): string | null {
  if (hour > 12) return isAfternoon && hour < 24 ? String(hour) : null;
  return hour === 0 ? null : String((hour % 12) + (isAfternoon ? 12 : 0));
}

/** The first week holds 4 January; days run from Monday, 1. Null for a week that the year has not. */
function dateOfWeek(year: number, week: number, day: number): Day | null {
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = 4 - ((fourth.getUTCDay() + 6) % 7);
  const date = new Date(Date.UTC(year, 0, monday + 7 * (week - 1) + day - 1));
  const thursday = new Date(date.getTime() + (4 - day) * 86_400_000);
  return week < 1 || thursday.getUTCFullYear() !== year ? null : dayOf(date);
}

function dateOfYearDay(year: number, day: number): Day | null {
  const date = new Date(Date.UTC(year, 0, day));
  return day < 1 || date.getUTCFullYear() !== year ? null : dayOf(date);
}

function dayOf(date: Date): Day {
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}

function withoutTrailingWords(text: string): string {
  const shorter = text.replace(trailingWords, "");
  return shorter === text ? text : withoutTrailingWords(shorter);
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
  const known: {
    weekday?: number;
    shortYear?: number;
    month?: number;
    year?: number;
    day?: number;
    time?: readonly string[];
    zone?: string;
    noon?: string;
  } = {};
  for (const word of withoutTrailingWords(text)
    .toLowerCase()
    .split(/[ ,]+|(?<=\d)-(?=[a-z])|(?<=[a-z])-(?=\d)/)) {
    const month = months.indexOf(word.slice(0, 3)) + 1;
    const offset = /^(?:utc|gmt)?([+-]\d{2}:?\d{2})$/.exec(word)?.[1];
    const time = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?$/.exec(word);
    if (word === "" || word === "at") continue;
    if (weekday.test(word)) known.weekday = weekdays.indexOf(word.slice(0, 3));
    else if (time !== null && known.time === undefined) known.time = [...time].slice(1);
    else if (month > 0 && /^[a-z]+\.?$/.test(word) && known.month === undefined) known.month = month;
    else if (/^\d{4}$/.test(word) && known.year === undefined) known.year = Number(word);
    else if (/^\d{1,2}\.?$/.test(word) && known.day === undefined) known.day = Number.parseInt(word, 10);
    else if (/^\d{2}$/.test(word) && known.month !== undefined) known.shortYear = Number(word);
    else if ((word === "am" || word === "pm") && known.noon === undefined) known.noon = word;
    else if (offset !== undefined && (known.zone ?? "utc") === "utc") known.zone = offset;
    else if (Object.hasOwn(zoneHours, word) && known.zone === undefined) known.zone = word;
    else return null;
  }
  const { month, day, time, zone = "z", noon } = known;
  const year = known.year ?? yearOf(known.shortYear, known.weekday, month, day);
  if (month === undefined || year === undefined || day === undefined || time === undefined) return null;
  const [hour = "", minute, second, fraction = ""] = time;
  if (noon !== undefined && (Number(hour) < 1 || Number(hour) > 12)) return null;
  const hours = noon === undefined ? hour : String((Number(hour) % 12) + (noon === "pm" ? 12 : 0));
  return msOf({ date: [year, month, day], time: [hours, minute, second], fraction, zone });
}

/**
 * The year of two digits, from 2000 on, as RFC 850 and RFC 822 write it. None unless the weekday bears it out:
 * `26-11-28` may begin with a year or with a day.
 */
function yearOf(short: number | undefined, weekday: number | undefined, month = 0, day = 0): number | undefined {
  if (short === undefined) return undefined;
  const year = 2000 + short;
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() === weekday ? year : undefined;
}
