import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExact, withExactIntegers, writeExact } from "../../../domain/model/json/exact-json.ts";

test("an integer that a double would round keeps its digits", () => {
  const texts = [
    '{"product_id":1729384756102938475}',
    '[9007199254740993,-9007199254740993,{"a":[18446744073709551615]}]',
    '{"a":"1729384756102938475","b":9007199254740991,"c":9007199254740993,"d":null}',
    '"\\"9007199254740993"',
    "12345678901234567890123456789012345678901234567890",
  ];
  for (const text of texts) assert.equal(writeExact(parseExact(text)), text);
});

test("what a double holds is read as JSON.parse reads it", () => {
  const texts = [
    '{"a":1.5e300,"b":[0,-1,1e21,0.1234567890123456],"c":"\\u0031\\n1234567890123456789","__proto__":{"x":1}}',
    '{"a":1234567890123456,"b":{},"c":[],"a":[true,false,null,"[]{}"]}',
    ' { "a" : [ 1 , 12345678901234567.5 ] } ',
  ];
  for (const text of texts) {
    assert.deepEqual(parseExact(text), JSON.parse(text));
    assert.equal(writeExact(parseExact(text)), JSON.stringify(JSON.parse(text)));
  }
  const odd = parseExact('{"__proto__":{"x":12345678901234567890}}') as object;
  assert.deepEqual(Object.keys(odd), ["__proto__"]);
});

test("members that JSON leaves out are left out beside a BigInt, too", () => {
  assert.equal(writeExact({ a: undefined, b: 2n ** 64n, c: [undefined] }), '{"b":18446744073709551616,"c":[null]}');
});

test("text that is no JSON is refused as JSON.parse refuses it", () => {
  for (const text of ["", "{", "[1729384756102938475", '{"a":1729384756102938475,}']) {
    assert.throws(() => parseExact(text), SyntaxError);
  }
});

test("integers that a script only handed on have the digits that were sent", () => {
  const sent = '{"a":{"id":1729384756102938475},"list":[9007199254740993,9007199254740995],"big":1e30}';
  const returned = JSON.stringify({ moved: Number("1729384756102938475"), ...JSON.parse(sent), n: 5 });
  const expected =
    '{"moved":1729384756102938475,"a":{"id":1729384756102938475},"list":[9007199254740993,9007199254740995],' +
    '"big":1e+30,"n":5}';
  assert.equal(withExactIntegers(sent, returned), expected);
});

test("a number that a script made is left as it is", () => {
  const sent = '{"a":1729384756102938475,"b":[18014398509481985,18014398509481986]}';
  assert.equal(
    withExactIntegers(sent, '{"a":1729384756102938600,"c":18014398509481984}'),
    '{"a":1729384756102938600,"c":18014398509481984}',
  );
  assert.equal(withExactIntegers('{"a":"1729384756102938475"}', "{}"), null);
  assert.equal(withExactIntegers('{"a":5}', "{}"), null);
});
