import { kinds } from "../../domain/model/consent/kinds.ts";
import { consentTable } from "../../domain/model/consent/table.ts";
import { consentForms, consentRest } from "../contracts/consent-forms.ts";
import type { SeededRandom } from "./seeded-random.ts";

const spellings = consentTable.flatMap(([bits, words]) =>
  words
    .trim()
    .split(/\s+/)
    .map((word) => [word, bits] as const),
);
const withKinds = (wanted: number) => spellings.filter(([, bits]) => (bits & wanted) !== 0).map(([word]) => word);
const starts = withKinds(kinds.anywhere | kinds.container | kinds.outermost);
const answers = withKinds(kinds.yes | kinds.no);
const inside = [
  withKinds(kinds.advertising | kinds.analytics | kinds.unrelated),
  withKinds(kinds.state | kinds.allow | kinds.deny),
  withKinds(kinds.named | kinds.formats),
  starts,
  [
    "1",
    "4",
    "10",
    "11",
    "99",
    "iubenda",
    "BG7",
    "\u00c9",
    "C0004",
    "\u212alaro",
    "\u0416\u0411",
    "\uff41\uff44\uff33",
    "\u0141\u0179",
    "a\u00adds",
    "\u2014no",
    "\u0300",
    "x",
    "",
    "a".repeat(70),
  ],
];
const odd = [
  '"G1-0"',
  '"G101"',
  '"13r3u3m3l5"',
  '"1YYN"',
  '"1yN-"',
  '"0101101"',
  '"CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"',
  '"CPXxRfAPXxRfAAfKABENB-CgAP_AAP_AAAYgIxNf"',
  '"ads:no,analytics=1;marketing:%20denied"',
  '"groups=C0001%3A1%2CC0004%3a0%2"',
  String.raw`"{\"advertising\":{\"granted\":false},\"C0002\":\"0\"}"`,
  '"C0001,C0004| statistics"',
  '"[4, 8]"',
  '"\u212a"',
  `"${"consent=no ".repeat(9)}"`,
];
const words = ["Denied", "GRANTED", "opt_out", "Opt-In", " no ", "d\\u0065nied", "\u00c9", "iubenda", "C0004", "4"];
const scalars = ["true", "false", "null", "0", "-0.0", "0e9", "1", "1.00", "1e0", "4", "10", "2", "-1", "17.5"];

/** A key at which consent may begin, with something below it. */
export function anyConsentMember(random: SeededRandom): string {
  if (random.chance(15)) return `"consent":${random.pick(consentForms)[0]}`;
  if (random.chance(15)) return random.pick(consentRest)[0];
  return `${key(random.chance(40) ? "consent" : random.pick(starts), random)}:${anyConsent(random, 3)}`;
}

/** JSON text of the kind that stands below such keys. */
function anyConsent(random: SeededRandom, depth: number): string {
  const dice = random.below(depth <= 0 ? 60 : 100);
  if (dice < 20) return random.pick(scalars);
  if (dice < 50) return JSON.stringify(random.pick(random.pick([answers, answers, words, ...inside])));
  if (dice < 60) return random.pick(odd);
  const items = Array.from({ length: random.below(4) }, () => anyConsent(random, depth - 1));
  if (dice < 72) return `[${items.join(",")}]`;
  return `{${items.map((item) => `${key(random.pick(random.pick(inside)), random)}:${item}`).join(",")}}`;
}

/** A key in one of many spellings. */
function key(word: string, random: SeededRandom): string {
  const dice = random.below(20);
  if (dice === 0) return `"${word.replace("e", "\\u0065")}"`;
  if (dice === 1) return `"${word.toUpperCase()}"`;
  if (dice === 2) return `"${[...word].join("_")}"`;
  return `"${word}"`;
}
