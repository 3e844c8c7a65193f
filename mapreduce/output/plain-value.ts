import { Text } from '../record/text.ts'

/** A key or value that is not text, as it stands in `tsv` and `csv`. */
export function plainText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return Object.is(value, -0) ? '0' : String(value)
  return JSON.stringify(jsonOf(value)) ?? 'null'
}

/** What JSON can hold: bigints as their digits where they fit, as a string otherwise; Texts by their own toJSON. */
export function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value.toString()
  }
  if (Array.isArray(value)) return value.map(jsonOf)
  return value instanceof Text ? value.toString() : value
}
