import assert from "node:assert/strict";
import { test } from "node:test";
import { personOf } from "../../../domain/mapping/person.ts";
import { storedEvent } from "../pipeline/relay/parts.ts";

test("what was masked is nobody's name: the next place that has one is read", () => {
  const traits = { firstName: "[email]", lastName: "Lee [phone]", city: "[ip]", gender: "f" };
  const context = { traits: { first_name: "Mia" } };
  assert.deepEqual(personOf(storedEvent(1, { traits, context })), { firstName: "Mia", gender: "f" });
});

test("traits win over properties, both over their addresses; a state among the properties is not read", () => {
  const traits = { address: { city: "Berlin", zip: "10115" } };
  const properties = { city: "Oslo", state: "paid", address: { state: "NY" } };
  const person = personOf(storedEvent(1, { traits, properties }));
  assert.deepEqual(person, { city: "Oslo", zip: "10115", state: "NY" });
});

test("who pays for an order is the person, where nothing else says who that is", () => {
  const billing_address = { first_name: "Mary", last_name: "Smith", city: "Oslo", zip: "0150", country_code: "NO" };
  const known = { firstName: "Mary", lastName: "Smith", city: "Oslo", zip: "0150", country: "NO" };
  const shipping_address = { first_name: "Ana", city: "Bergen" };
  assert.deepEqual(personOf(storedEvent(1, { properties: { shipping_address, billing_address } })), known);
  const billing = { first_name: "Mary", last_name: "Smith", city: "Oslo", postcode: "0150", country: "NO" };
  assert.deepEqual(personOf(storedEvent(1, { properties: { order: { billing } } })), known);
  const traits = { firstName: "Ana" };
  assert.deepEqual(personOf(storedEvent(1, { traits, properties: { billing_address } })), traits);
  assert.deepEqual(personOf(storedEvent(1, { properties: { shipping_address } })), {});
});
