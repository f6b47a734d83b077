// The contestants in workerd. The clock stands still while a Worker computes, so whoever asks has to look at theirs.
import { createVerifier } from "@shelflife/verifier";
import { initSync, Stock } from "bench-stock";
import { contestants, listFor, signedParts } from "./contestants.mjs";
import stockModule from "./stock_bg.wasm";
import tokens from "./tokens.json";

// What is kept between requests is a value, never a promise of one of them.
let ready;

async function prepare() {
  const { memory } = initSync({ module: stockModule });
  const { all, statistics } = await contestants({ tokens, createVerifier, stock: { Stock, memory } });
  return { all, statistics, signed: signedParts(tokens.session) };
}

export default {
  async fetch(request) {
    ready ??= await prepare();
    const { all, signed, statistics } = ready;
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/names") return Response.json(all.map(({ name }) => name));
    if (pathname === "/statistics") return Response.json(statistics());
    const number = (name) => Number(searchParams.get(name));
    const contestant = all[number("who")];
    const list = listFor(contestant, tokens, signed, number("from"), number("count"));
    if (searchParams.has("verify")) await contestant.run(list);
    return Response.json({ inputs: list.length });
  },
};
