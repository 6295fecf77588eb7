import type { Rng } from '../../rng.js'

/** Short and common: one token each in most vocabularies, so that so many words are about so many tokens. */
const WORDS = `
  time year people way day man thing woman life child world school state family student group country problem hand part place case week
  company system program question work government number night point home water room mother area money story fact month lot right study
  book eye job word business issue side kind head house service friend father power hour game line end member law car city community
  name president team minute idea kid body information back parent face others level office door health person art war history party
  result change morning reason research girl guy moment air teacher force education foot boy age policy music market sense nation plan
  college interest death experience effect use class control care field development role effort rate heart drug show leader light voice
  wife police mind price report decision son view relationship town road arm difference value building action season society tax
  director early position player record paper space ground form event official matter center couple site project activity star table
  need court oil situation cost industry figure street image phone data picture practice piece land product doctor wall worker news
  test movie north love step river stone green small large open clear simple strong warm cold deep slow quick blue
`
  .trim()
  .split(/\s+/)

export function randomWord(rng: Rng): string {
  return WORDS[rng.below(WORDS.length)]
}

export function randomWords(rng: Rng, count: number): string {
  return Array.from({ length: count }, () => randomWord(rng)).join(' ')
}

export function pick<T>(rng: Rng, from: readonly T[]): T {
  return from[rng.below(from.length)]
}
