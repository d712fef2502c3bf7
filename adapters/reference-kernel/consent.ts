import { bothPurposes, foldSpelling, kinds } from "../../domain/model/consent/kinds.ts";
import { type Answer, answerOfNumber, answerOfText, kindsOf } from "../../domain/model/consent/words.ts";
import { flagBits } from "../../domain/model/event/event.ts";
import type { Program } from "../../domain/model/program.ts";
import { listPieces, type NamedAnswer, readCoded, textPairs } from "./consent-texts.ts";
import type { JsonNode, JsonObject } from "./nodes.ts";

const granted = 1;
const denied = 2;

/** How far a member of the event's own, or of its context, is from the root. */
const outermostDepth = 1;

/** What a value below a consent key is about. */
interface Place {
  /** Purposes that an answer here is about; 0: none is named yet. */
  readonly about: number;
  /** A yes refuses. */
  readonly inverse: boolean;
  /** Names here were allowed (`kinds.allow`) or denied (`kinds.deny`); 0: names say nothing. */
  readonly list: number;
  /** A no refuses both purposes, although none is named. */
  readonly refusesAll: boolean;
  /** The value is an item of an array: numbers of a list are names. */
  readonly isItem: boolean;
  /** Numbers are iubenda's purposes, not the TCF's. */
  readonly iubenda: boolean;
}

const nowhere: Place = {
  about: 0,
  inverse: false,
  list: 0,
  refusesAll: false,
  isItem: false,
  iubenda: false,
};

/**
 * The consent bits of the flags column: everything in an event that says yes or no to a purpose. A no wins over
 * whatever else is said; what can't be read says nothing.
 */
export function consentFlags(event: JsonObject, categories: Program["consentCategories"]): number {
  const reader = new ConsentReader(categories);
  reader.search(event, 0);
  const bits = (purpose: number) => {
    if ((reader.denied & purpose) !== 0) return denied;
    return (reader.granted & purpose) !== 0 ? granted : 0;
  };
  return (bits(kinds.advertising) << flagBits.advertisingShift) | (bits(kinds.analytics) << flagBits.analyticsShift);
}

export function deniesAnalytics(flags: number): boolean {
  return ((flags >> flagBits.analyticsShift) & 3) === denied;
}

class ConsentReader {
  granted = 0;
  denied = 0;
  private readonly categories: Program["consentCategories"];

  constructor(categories: Program["consentCategories"]) {
    this.categories = categories;
  }

  /** Looks for keys about consent; `depth` 0: the event's own members, 1: those of its context. */
  search(node: JsonNode, depth: number): void {
    if (node.kind === "array") for (const item of node.items) this.search(item, outermostDepth + 1);
    if (node.kind !== "object") return;
    for (const { key, value } of node.members) {
      const bits = this.kindsOfKey(key, false);
      const isOutermost = depth <= outermostDepth && (bits & kinds.outermost) !== 0;
      if (isOutermost && (bits & (kinds.container | bothPurposes)) === 0) this.wholeAnswers(value);
      if (isOutermost || (bits & (kinds.anywhere | kinds.container)) !== 0) {
        this.enter(bits, value, isOutermost && (bits & kinds.container) !== 0);
      } else {
        this.search(value, depth === 0 && key === "context" ? outermostDepth : outermostDepth + 1);
      }
    }
  }

  /**
   * One word for everything directly below a key such as `gdpr`: `{"consent": false}` refuses both purposes,
   * `{"opt_out": true}` advertising. Where a name says what the object is about, it is not everything.
   */
  private wholeAnswers(node: JsonNode): void {
    if (node.kind !== "object") return;
    const members = node.members.map(({ key, value }) => [this.kindsOfKey(key, false), value] as const);
    if (members.some(([bits]) => (bits & (kinds.named | kinds.state)) === kinds.named)) return;
    for (const [bits, value] of members) {
      if ((bits & kinds.state) === 0 || (bits & kinds.outermost) === 0) continue;
      const answer = answerOfNode(value);
      if ((bits & kinds.inverse) === 0 && answer === "no") this.denied |= bothPurposes;
      else if ((bits & kinds.inverse) !== 0 && answer === "yes") this.denied |= kinds.advertising;
    }
  }

  /** A key that consent begins at. */
  private enter(bits: number, value: JsonNode, refusesAll: boolean): void {
    if (this.coded(bits, value)) return;
    const about = bits & bothPurposes;
    const inverse = (bits & kinds.inverse) !== 0;
    const iubenda = (bits & kinds.formats) === kinds.iubenda;
    this.value(value, { about, inverse, list: listOf(bits), refusesAll, isItem: false, iubenda });
  }

  /** The kinds of a key or a name, the organisation's own categories first. */
  private kindsOfKey(name: string, iubenda: boolean): number {
    return this.kindsOfFolded(foldSpelling(name), iubenda);
  }

  private kindsOfFolded(folded: string, iubenda: boolean): number {
    const bits = /^\d\d?$/.test(folded)
      ? kindsOf((iubenda ? "iubenda" : "purpose") + folded) | kindsOf(folded)
      : kindsOf(folded);
    const own = this.categories.get(folded);
    if (own === undefined) return bits;
    return (bits & ~(bothPurposes | kinds.unrelated)) | (own === 0 ? kinds.unrelated : own);
  }

  /** A member below a key about consent. */
  private member(bits: number, value: JsonNode, around: Place): void {
    if ((bits & kinds.unrelated) !== 0 || this.coded(bits, value)) return;
    const about = bits & bothPurposes;
    const inverse = around.inverse !== ((bits & kinds.inverse) !== 0);
    const iubenda = around.iubenda || (bits & kinds.formats) === kinds.iubenda;
    const place = { ...around, iubenda, isItem: false };
    if (about !== 0 && around.list !== 0) this.listedKey(about, value, place);
    else if (about !== 0) this.value(value, { ...nowhere, about, inverse, iubenda });
    else if ((bits & (kinds.state | kinds.allow | kinds.deny)) !== 0) {
      const refusesAll = place.refusesAll && (bits & kinds.named) === 0;
      this.value(value, { ...place, inverse, refusesAll, list: listOf(bits) || around.list });
    } else if (value.kind === "object" || value.kind === "array") {
      this.value(value, { ...place, refusesAll: false });
    } else if (value.kind === "string" && place.list !== 0) {
      this.names(value.text, place);
    } else if (value.kind === "string" && place.about === 0 && (bits & kinds.named) === 0) {
      this.pairs(textPairs(value.text), iubenda);
    }
  }

  private value(node: JsonNode, place: Place): void {
    if (node.kind === "array") {
      if (!this.pairOf(node.items, place)) {
        for (const item of node.items) this.value(item, { ...place, isItem: true });
      }
    } else if (node.kind === "object") {
      this.object(node, { ...place, isItem: false });
    } else if (node.kind === "string") {
      this.text(node.text, place);
    } else if (node.kind === "number" && place.list !== 0 && place.isItem) {
      this.names(node.text, place);
    } else {
      this.answer(answerOfNode(node), place);
    }
  }

  /** A name and its answer as two items: `["ad_storage","denied"]`; false if the items are none. */
  private pairOf([name, answer, more]: readonly JsonNode[], place: Place): boolean {
    if (name?.kind !== "string" || answer === undefined || more !== undefined || place.list !== 0) return false;
    const bits = this.kindsOfKey(name.text, place.iubenda);
    if ((bits & bothPurposes) === 0) return false;
    this.member(bits, answer, place);
    return true;
  }

  private object(node: JsonObject, around: Place): void {
    let place = around;
    for (const { key, value } of node.members) {
      if (value.kind !== "string") continue;
      const said = this.kindsOfKey(value.text, false);
      if ((said & kinds.formats) === kinds.iubenda) place = { ...place, iubenda: true };
      if ((this.kindsOfKey(key, false) & kinds.named) === 0) continue;
      if ((said & bothPurposes) !== 0) place = { ...place, about: said & bothPurposes };
      else if ((said & kinds.unrelated) !== 0) place = { ...place, about: 0, refusesAll: false };
    }
    for (const { key, value } of node.members) this.member(this.kindsOfKey(key, place.iubenda), value, place);
  }

  private text(text: string, place: Place): void {
    if (place.list !== 0 && this.names(text, place)) return;
    const answer = answerOfText(text);
    if (answer !== null) this.answer(answer, place);
    else if (place.about === 0) this.pairs(textPairs(text), place.iubenda);
  }

  /** A key of a list's object is a name: `{"C0004": true}`. */
  private listedKey(about: number, value: JsonNode, place: Place): void {
    if (value.kind === "null") return;
    if (place.list === kinds.deny) {
      if (answerOfNode(value) !== "no") this.denied |= about;
    } else this.value(value, { ...nowhere, about, iubenda: place.iubenda });
  }

  /** Names in a text of a list, alone or between commas; false if it has none. */
  private names(text: string, { list, iubenda }: Place): boolean {
    let about = this.kindsOfKey(text, iubenda) & bothPurposes;
    if (about === 0) for (const piece of listPieces(text)) about |= this.kindsOfFolded(piece, iubenda) & bothPurposes;
    if (list === kinds.deny) this.denied |= about;
    else this.granted |= about;
    return about !== 0;
  }

  private answer(answer: Answer, { about, inverse, refusesAll, isItem }: Place): void {
    if (answer === null) return;
    const refuses = (answer === "no") !== inverse;
    if (!refuses) this.granted |= inverse ? 0 : about;
    else if (about !== 0) this.denied |= about;
    else if (refusesAll && !isItem) this.denied |= bothPurposes;
  }

  /** Names with their answers, as a text tells them. */
  private pairs(pairs: Iterable<NamedAnswer>, iubenda: boolean): void {
    for (const [name, answer] of pairs) {
      const bits = this.kindsOfFolded(name, iubenda);
      const about = bits & bothPurposes;
      if (about !== 0) this.answer(answer, { ...nowhere, about, inverse: (bits & kinds.inverse) !== 0 });
    }
  }

  /** A text in a form of its own; false if it is not in that form. */
  private coded(bits: number, value: JsonNode): boolean {
    if ((bits & kinds.formats) === 0 || value.kind !== "string") return false;
    const pairs = readCoded(bits & kinds.formats, value.text);
    this.pairs(pairs, false);
    return pairs.length > 0;
  }
}

function listOf(bits: number): number {
  return (bits & kinds.deny) !== 0 ? kinds.deny : bits & kinds.allow;
}

/** Of a string, number or boolean. */
function answerOfNode(node: JsonNode): Answer {
  if (node.kind === "true") return "yes";
  if (node.kind === "false") return "no";
  if (node.kind === "string") return answerOfText(node.text);
  return node.kind === "number" ? answerOfNumber(node.text) : null;
}
