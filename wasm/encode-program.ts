import { keyTable } from "../domain/data-layer/key-table.ts";
import { assert } from "../domain/model/failure.ts";
import type { DetectorMode, Program } from "../domain/model/program.ts";
import { ByteWriter } from "./byte-writer.ts";
import { encodeCategories } from "./encode-consent.ts";
import { normaliserNames, treatmentNumber, valueRow, valueTreatment } from "./encode-key-table.ts";
import { encodePaths, none } from "./encode-paths.ts";
import { encodeRules } from "./encode-rules.ts";

const headWords = 17;
const callingCodeCharsMax = 15;
const modes: readonly DetectorMode[] = ["off", "flag", "mask"];

/** A program in the form that the kernel executes. Shape: assembly/program.ts. */
export function encodeProgram(program: Program): Uint8Array {
  const code = program.defaultCallingCode;
  assert(code === null || code.length <= callingCodeCharsMax, "a calling code is too long");
  const writer = new ByteWriter();
  const head = writer.words(headWords);
  const callingCode = writer.text(code ?? "");
  const paths = encodePaths(writer, program.hashPaths, program.redactPaths);
  const rules = encodeRules(writer, program.rules);
  const normalisers = writer.words(4);
  const treatments = writer.words(4);
  keyTable.forEach((row, i) => {
    writer.setByte(normalisers + i + 1, normaliserNames.indexOf(row.normaliser));
    writer.setByte(treatments + i + 1, treatmentNumber(row));
  });
  writer.setByte(normalisers + valueRow, normaliserNames.indexOf("plain"));
  writer.setByte(treatments + valueRow, valueTreatment);
  const categories = encodeCategories(writer, program.consentCategories);
  const words = [
    program.trustClaims ? 1 : 0,
    modes.indexOf(program.detector.phones),
    modes.indexOf(program.detector.ips),
    callingCode.offset,
    code === null ? none : callingCode.bytes,
    paths.nodes,
    paths.nodeCount,
    paths.edges,
    paths.edgeMask,
    paths.normalisers,
    rules.tests,
    paths.hasStar ? 1 : 0,
    rules.index,
    rules.sources,
    normalisers,
    treatments,
    categories,
  ];
  assert(words.length === headWords, "the head of a program has a fixed length");
  words.forEach((word, i) => {
    writer.setWord(head + i * 4, word);
  });
  return writer.done();
}
