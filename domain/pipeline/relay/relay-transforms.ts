import type { Transformation } from "../../model/transformation.ts";
import { compileTransformation, type Transform, type TransformationParts } from "../../transformation/compile.ts";
import { checkRules } from "../../transformation/rules.ts";

const compiledMax = 1_000;

/**
 * Makes what compiles an integration's transformations, one after another as one.
 *
 * What was compiled is kept by ids and versions, so that a change is at work with the next claim. Past the bound the
 * oldest is forgotten.
 * Shape: null if rules can't be read, for instance those of another version of this program: then nothing may be sent.
 */
export function createTransforms(parts: TransformationParts): (of: readonly Transformation[]) => Transform | null {
  const compiled = new Map<string, Transform | null>();

  return function transformOf(transformations) {
    const key = transformations.map(({ id, version }) => `${id} ${version}`).join();
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const readable = transformations.every(({ rules }) => checkRules(rules).ok);
    const rules = transformations.flatMap((transformation) => transformation.rules);
    const made = readable ? compileTransformation(rules, parts) : null;
    compiled.set(key, made);
    if (compiled.size > compiledMax) compiled.delete(compiled.keys().next().value as string);
    return made;
  };
}
