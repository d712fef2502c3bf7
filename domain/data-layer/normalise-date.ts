const digitsAlone = /^(\d{4})(\d\d)(\d\d)(?:[t ]\d.*)?$/;
const yearFirst = /^(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})(?:[t ]\d.*)?$/;
const monthFirst = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
const dayFirst = /^(\d{1,2})([.-])(\d{1,2})\2(\d{4})$/;
const birthYear = /^(19|20)\d\d$/;

/**
 * A date of birth as YYYYMMDD; "" for what is no date on which a living person was born.
 *
 * With slashes the month comes first unless it can't; with dots or dashes the day does. Without separators eight digits
 * are a date, and no other number: `970216` is none, since nobody knows its century. A time behind a date that begins
 * with its year is left out.
 * Shape: `text` is in lower case.
 * Source: Meta's page "Customer information parameters", which asks for years from 1900 on.
 */
export function normaliseDate(text: string): string {
  const [, year, month, day] = digitsAlone.exec(text) ?? [];
  if (year !== undefined) return dateDigits(year, month, day);
  const iso = yearFirst.exec(text);
  if (iso !== null) return dateDigits(iso[1], iso[3], iso[4]);
  const slashed = monthFirst.exec(text);
  if (slashed !== null) {
    const [, first, second, year] = slashed;
    return dateDigits(year, first, second) || dateDigits(year, second, first);
  }
  const dotted = dayFirst.exec(text);
  return dotted === null ? "" : dateDigits(dotted[4], dotted[3], dotted[1]);
}

function dateDigits(year = "", month = "", day = ""): string {
  if (!birthYear.test(year) || Number(month) < 1 || Number(month) > 12) return "";
  if (Number(day) < 1 || Number(day) > daysOf(Number(year), Number(month))) return "";
  return year + month.padStart(2, "0") + day.padStart(2, "0");
}

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** 1900 was none, 2000 was one. */
function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
