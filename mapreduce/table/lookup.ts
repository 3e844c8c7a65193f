import type { Decoded } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import type { RecordView } from '../record/record-stream.ts'
import { parseLiteral } from '../record/stage-literal.ts'
import { Text } from '../record/text.ts'
import type { TableFile } from './table-file.ts'

/** An object is a value, never a key; neither is an array with one in it. */
function isObject(literal: Decoded): boolean {
  if (Array.isArray(literal)) return literal.some(isObject)
  return typeof literal === 'object' && literal !== null && !(literal instanceof Text)
}

/**
 * Every record whose key a word may mean, from each of the files: the word as text, and, where it reads as a literal (a
 * number, `12n`, `true`, `["a",1]`), what the literal is. Each view is good until the next is asked for.
 */
export function* lookUp(files: Iterable<TableFile>, word: string): Generator<RecordView> {
  const bytes = Buffer.from(word)
  const literal = parseLiteral(bytes, 0, bytes.length)
  const keys = literal === undefined || isObject(literal) ? [word] : [word, literal]
  const encoded = keys.map((key) => {
    const encoder = new Encoder()
    const kind = encoder.key(key)
    return { kind, key: Buffer.from(encoder.bytes.subarray(0, encoder.length)) }
  })
  for (const file of files) {
    for (const { kind, key } of encoded) yield* file.find(key, kind)
  }
}
