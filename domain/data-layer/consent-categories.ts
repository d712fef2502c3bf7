import { foldSpelling, kinds } from "../model/consent/kinds.ts";
import { type ConsentPurpose, type ConsentSettings, consentPurposes } from "../model/data-layer.ts";
import { categoryCharsMax, consentCategoriesMax } from "../model/limits.ts";
import { findEmails } from "./detector/emails.ts";
import { fault, isStorable, readList, readOneOf, type Submitted } from "./fields.ts";

const readPurposes = readList<ConsentPurpose>(readOneOf(consentPurposes, null), consentPurposes.length);

/** Reads the map of an organisation's own categories: name → purposes. Names are told apart by letters and digits. */
export function readCategories(submitted: Submitted): ConsentSettings["categories"] {
  const { value, path, faults } = submitted;
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault(submitted, "wrong_type", "This must be an object of categories.", { hint: '{"C0004": ["advertising"]}' });
    return {};
  }
  const given = Object.entries(value);
  if (given.length > consentCategoriesMax) {
    fault(submitted, "too_many", `This may have ${consentCategoriesMax} categories.`);
    return {};
  }
  const seen = new Set<string>();
  const categories = given.map(([name, purposes], index): [string, readonly ConsentPurpose[]] => {
    const at = { value: purposes, path: `${path}[${index}]`, faults };
    const folded = foldSpelling(name);
    if (findEmails(name).length > 0) fault(at, "holds_email", "A category can't be an email.");
    else if (!isStorable(name)) fault(at, "unstorable", "This holds a character that can't be stored.");
    else if (folded === "" || name.length > categoryCharsMax) {
      fault(
        at,
        "bad_category",
        "A category needs letters or digits, 64 bytes of them and 100 characters in all at most.",
      );
    } else if (seen.has(folded))
      fault(at, "duplicate", "Another category differs from this one in case or signs only.");
    seen.add(folded);
    return [name, [...new Set(readPurposes(at))]];
  });
  return Object.fromEntries(categories);
}

/** The categories as kernels look them up. */
export function compileCategories(settings: ConsentSettings | undefined): ReadonlyMap<string, number> {
  const categories = Object.entries(settings?.categories ?? {});
  return new Map(
    categories.map(([name, purposes]) => [
      foldSpelling(name),
      purposes.reduce((bits, purpose) => bits | kinds[purpose], 0),
    ]),
  );
}
