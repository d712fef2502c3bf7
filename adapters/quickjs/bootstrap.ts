import { eventBytesMax } from "../../domain/model/limits.ts";

/** The name under which the engine reports places in an organisation's code. */
export const scriptName = "custom_js";

/** What a script's run says of an event that it returns no JSON of. */
export const droppedWord = "dropped";
export const badReturnWord = "bad_return";

/**
 * What runs in a sandbox before an organisation's code: it keeps the functions it needs, so that whatever the code
 * does to the built-in objects afterwards it does to itself only. It restores what a script may not change.
 *
 * Shape: `bind` takes the script's function and gives `run(json)`: JSON text of an object, or one of the two words that
 * are no JSON. `enter(json)` sets what the script gets as its context from then on. `describe` words a thrown value as
 * `kind:line`, without its message.
 */
export const bootstrapCode = `(function () {
  "use strict";
  const { parse, stringify } = JSON;
  const { freeze, hasOwn } = Object;
  const { isArray } = Array;
  const { apply } = Reflect;
  const exec = RegExp.prototype.exec;
  const Engine = InternalError, Range = RangeError, Syntax = SyntaxError, Promised = Promise;
  const greedy = { __proto__: null, "out of memory": 1, "string too long": 1, "BigInt is too large to allocate": 1 };
  const deep = { __proto__: null, "stack overflow": 1, "Maximum call stack size exceeded": 1 };
  const place = /custom_js:(\\d{1,7})/;
  const consoleNames = "assert clear count countReset debug dir dirxml error group groupCollapsed groupEnd info log \
table time timeEnd timeLog trace warn";
  let context = null;

  // Code that was written elsewhere may log; nothing of an event may be, so what it logs goes nowhere.
  globalThis.console = {};
  for (const name of consoleNames.split(" ")) console[name] = () => undefined;

  function enter(text) {
    context = freeze(parse(text));
    return "";
  }

  function bind(script) {
    return function run(text) {
      const event = parse(text);
      const named = hasOwn(event, "messageId");
      const { messageId, type } = event;
      const out = script(event, context);
      if (out === null) return "${droppedWord}";
      if (typeof out !== "object" || isArray(out) || out instanceof Promised) return "${badReturnWord}";
      if (named) out.messageId = messageId;
      else delete out.messageId;
      out.type = type;
      const json = stringify(out);
      if (typeof json !== "string" || json[0] !== "{") return "${badReturnWord}";
      return json.length <= ${eventBytesMax} || json.length <= text.length ? json : "${badReturnWord}";
    };
  }

  function describe(thrown) {
    let kind = "exception", line = "";
    const isEngines = thrown instanceof Engine || thrown instanceof Range || thrown instanceof Syntax;
    const said = isEngines && typeof thrown.message === "string" ? thrown.message : "";
    // Without memory for an error the engine throws null.
    if (thrown === null || said in greedy) kind = "memory";
    else if (said in deep) kind = "stack";
    const stack = typeof thrown === "object" && thrown !== null ? thrown.stack : undefined;
    const found = typeof stack === "string" ? apply(exec, place, [stack]) : null;
    if (found !== null) line = found[1];
    return kind + ":" + line;
  }

  return { bind, describe, enter };
})()`;
