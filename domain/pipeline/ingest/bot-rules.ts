import { plainPatternOf } from "../../data-layer/expression/pattern.ts";
import { compileGlob } from "../../data-layer/glob.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import { judgedCharsMax } from "../../model/limits.ts";
import { type DropCode, dropCodes } from "../../model/outcome.ts";

/** Judges a User-Agent: 0 to pass, else the code it is dropped with. */
export type BotRules = (userAgent: string, knownBot: boolean) => DropCode | 0;

/**
 * Makes the bot rules of a data layer, its patterns compiled once.
 *
 * A pattern covers the whole User-Agent, whatever its case; an empty or blank User-Agent counts as missing.
 * What a pattern covers counts under the patterns, also where a list knows it: whoever wrote it looks there.
 */
export function createBotRules(settings: DataLayerConfig["bot_filtering"]): BotRules {
  const patterns = settings.custom_patterns.map((pattern) => compilePattern(pattern.toLowerCase()));
  const matchesAny = (lower: string) => patterns.some((matches) => matches(lower));

  return function judgeUserAgent(userAgent, knownBot) {
    if (!settings.enabled) return 0;
    if (userAgent === "") return settings.block_empty_user_agent ? dropCodes.bot_empty_user_agent : 0;
    if (patterns.length > 0 && matchesAny(userAgent.slice(0, judgedCharsMax).toLowerCase()))
      return dropCodes.bot_custom_pattern;
    return settings.block_known_bots && knownBot ? dropCodes.bot_known : 0;
  };
}

/** Most patterns are a text with stars at its ends, which the runtime finds much sooner than any pattern. */
function compilePattern(pattern: string): (text: string) => boolean {
  const plain = plainPatternOf(pattern);
  if (plain === null) {
    const matches = compileGlob(pattern);
    const [longest = ""] = pattern.split(/[*?]+/).sort((a, b) => b.length - a.length);
    return (text) => text.includes(longest) && matches(text);
  }
  const { kind, text: part } = plain;
  if (kind === "equals") return (text) => text === part;
  if (kind === "starts") return (text) => text.startsWith(part);
  return kind === "ends" ? (text) => text.endsWith(part) : (text) => text.includes(part);
}
