import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { currencyOf, readMoney } from "../../../domain/mapping/money.ts";

type Row = readonly [text: unknown, amount: number, currency?: string];

/** Each with its one reading. */
const clear: readonly Row[] = [
  [25.5, 25.5],
  [0, 0],
  ["25.5", 25.5],
  [" 25.50 ", 25.5],
  ["25,50", 25.5],
  ["4,245.42", 4245.42],
  ["1.234,56", 1234.56],
  ["1.234.567,89", 1234567.89],
  ["1,234,567.89", 1234567.89],
  ["1,234,567", 1234567],
  ["1.234.567", 1234567],
  ["12,34,567.50", 1234567.5],
  ["1 234,56", 1234.56],
  ["1\u202f234,56\u00a0€", 1234.56, "EUR"],
  ["1'234.50", 1234.5],
  ["1’234.50 CHF", 1234.5, "CHF"],
  ["1 234", 1234],
  ["€ 25.50", 25.5, "EUR"],
  ["€25,50", 25.5, "EUR"],
  ["25,50 €", 25.5, "EUR"],
  ["25.50 EUR", 25.5, "EUR"],
  ["eur 25.50", 25.5, "EUR"],
  ["US$ 25.50", 25.5, "USD"],
  ["R$ 1.234,56", 1234.56, "BRL"],
  ["$4,245.42", 4245.42],
  ["kr 199,00", 199],
  ["25,-", 25],
  ["25,– €", 25, "EUR"],
  ["-25.50", -25.5],
  ["\u221225.50", -25.5],
  ["€ -25,50", -25.5, "EUR"],
  ["-€25.50", -25.5, "EUR"],
  ["+5", 5],
  [".5", 0.5],
  [",99", 0.99],
  ["0.125", 0.125],
  ["1234.567", 1234.567],
  ["9.9999", 9.9999],
  ["1,234.567", 1234.567],
  ["２５．５０", 25.5],
  [{ amount: "25.50", currencyCode: "eur" }, 25.5, "EUR"],
  [{ amount: 25.5, currency_code: "USD" }, 25.5, "USD"],
  [{ shop_money: { amount: "25.50", currency_code: "CAD" }, presentment_money: { amount: "17" } }, 25.5, "CAD"],
];

/** Each with two readings, or none. */
const unclear: readonly unknown[] = [
  ...["4,245", "1.234", "€1.234", "12,345", "1,23,4", "1.2.3", "1.234,567,8", "1,234.5.6", "12 34", "1 2345"],
  ...["abc", "free", "EUR", "25.50 or 30", "25-30", "1e3", "0x10", "25 kg", "25.50/month", "--5", "12345678901234567"],
  ...["€ 25.50 USD", "1".repeat(65), "Infinity", "25,5,0"],
];

describe("money in an event", () => {
  for (const [text, amount, currency] of clear) {
    it(`is read where it can be read in one way alone: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readMoney(text, null), { kind: "amount", amount, currency: currency ?? null });
    });
  }

  it("is unclear where it can be read in two ways or none, and is not guessed", () => {
    for (const text of unclear) assert.deepEqual(readMoney(text, null), { kind: "unclear" }, JSON.stringify(text));
  });

  it("has thousands behind a comma or point where its currency has no smaller unit", () => {
    assert.deepEqual(readMoney("4,245", "JPY"), { kind: "amount", amount: 4245, currency: null });
    assert.deepEqual(readMoney("₩4,245", null), { kind: "amount", amount: 4245, currency: "KRW" });
    assert.deepEqual(readMoney("4.245", "EUR"), { kind: "unclear" });
  });

  it("is unclear under another currency than its own sign's", () => {
    assert.deepEqual(readMoney("€25.50", "USD"), { kind: "unclear" });
    assert.deepEqual(readMoney({ amount: 1, currency: "EUR" }, "USD"), { kind: "unclear" });
    assert.deepEqual(readMoney("$25.50", "USD"), { kind: "amount", amount: 25.5, currency: null });
  });

  it("is nothing where nothing is said of it", () => {
    for (const nothing of [null, undefined, "", "  ", true, [], [5], {}]) assert.equal(readMoney(nothing, null), null);
  });

  it("has a currency by code in any case, or by the sign of one currency alone", () => {
    const codes = { usd: "USD", " Eur ": "EUR", "€": "EUR", "£": "GBP", US$: "USD", zł: "PLN", Euro: "EUR" };
    for (const [text, code] of Object.entries(codes)) assert.equal(currencyOf(text), code);
    for (const none of ["$", "kr", "¥", "us d", "840", "", null, {}]) assert.equal(currencyOf(none), null);
  });
});
