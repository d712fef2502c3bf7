/** The name under which the engine reports places in an organisation's code. */
export const scriptName = "custom_js";

/**
 * What runs in a sandbox before an organisation's code: it keeps the functions it needs, so that whatever the code
 * does to the built-in objects afterwards it does to itself only. It restores what a script may not change.
 *
 * Shape: `bind` takes the script's function and gives `run(json, context, charsMax)`: JSON text, null for dropped,
 * undefined for a return that is neither. `describe` words a thrown value as `kind:line`, without its message.
 */
export const bootstrapCode = `(function () {
  "use strict";
  const { parse, stringify } = JSON;
  const { freeze, prototype } = Object;
  const { isArray } = Array;
  const { apply } = Reflect;
  const hasOwnProperty = prototype.hasOwnProperty;
  const exec = RegExp.prototype.exec;
  const Engine = InternalError, Range = RangeError, Promised = Promise;
  const place = /custom_js:(\\d{1,7})/;
  let contextText = "", context = null;

  function bind(script) {
    return function run(text, newContext, charsMax) {
      if (newContext !== contextText) {
        context = freeze(parse(newContext));
        contextText = newContext;
      }
      const event = parse(text);
      const named = apply(hasOwnProperty, event, ["messageId"]);
      const { messageId, type } = event;
      const out = script(event, context);
      if (out === null) return null;
      if (typeof out !== "object" || isArray(out) || out instanceof Promised) return undefined;
      if (named) out.messageId = messageId;
      else delete out.messageId;
      out.type = type;
      const json = stringify(out);
      return typeof json === "string" && json.length <= charsMax ? json : undefined;
    };
  }

  function describe(thrown) {
    let kind = "exception", line = "";
    if (thrown instanceof Engine && thrown.message === "out of memory") kind = "memory";
    else if (thrown instanceof Engine && thrown.message === "stack overflow") kind = "stack";
    else if (thrown instanceof Range && thrown.message === "Maximum call stack size exceeded") kind = "stack";
    const stack = typeof thrown === "object" && thrown !== null ? thrown.stack : undefined;
    const found = typeof stack === "string" ? apply(exec, place, [stack]) : null;
    if (found !== null) line = found[1];
    return kind + ":" + line;
  }

  return { bind, describe };
})()`;
