// What the page says in words.

import assert from "node:assert/strict";
import { it } from "node:test";

import { lasted } from "../../web/js/format.js";

it("counts the months of a position from its dates, whatever its years were rounded to", () => {
  assert.equal(lasted({ start: "2024-06", end: "2026-03", years: 1.8 }), "1 year 9 months");
  assert.equal(lasted({ start: "2019-07", end: "2023-03", years: 3.7 }), "3 years 8 months");
  assert.equal(lasted({ start: "2026-01", end: "present", years: 0.1 }, new Date(2026, 2, 5)), "2 months");
  assert.equal(lasted({ start: "2026-03", end: "2026-03", years: 0 }), "less than a month");
});

it("takes the years of a position whose months are not known", () => {
  assert.equal(lasted({ start: "2021", end: "2022", years: 1 }), "1 year");
  assert.equal(lasted({ start: "2021", end: "2022-03", years: 0.7 }), "8 months");
  assert.equal(lasted({ start: "2022-05", end: "2021-03", years: null }), "");
});
