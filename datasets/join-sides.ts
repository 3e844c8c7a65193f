import { seededWords } from './random.ts'

/**
 * Two large sides of a join as CSV, `id,text` with a header: the same ids, each once a side, in an order of its own, and
 * texts of 40 to 70 letters.
 */
export interface JoinSideOptions {
  readonly rows: number
  readonly side: 'left' | 'right'
}

/** About what a row takes, in bytes. */
export const JOIN_ROW_BYTES = 65
const ROWS_PER_CHUNK = 10_000
/** Primes larger than any number of rows: multiplying by one, modulo that number, is another order. */
const steps = { left: 2_147_483_647, right: 2_147_483_629 }
const seeds = { left: 1, right: 2 }

/** Chunks of whole lines. The same options give the same bytes on every machine. */
export function* joinSide({ rows, side }: JoinSideOptions): Generator<string> {
  const random = seededWords(seeds[side])
  const step = steps[side] % rows
  yield `id,${side}\n`
  for (let made = 0, id = 0; made < rows; ) {
    const lines: string[] = []
    for (; lines.length < ROWS_PER_CHUNK && made < rows; made++, id = (id + step) % rows) {
      lines.push(`${id.toString(36).padStart(8, '0')},${letters(random)}\n`)
    }
    yield lines.join('')
  }
}

function letters(random: () => number): string {
  let text = ''
  for (let left = 40 + (random() % 31); left > 0; left -= 7)
    text += (random() + 2 ** 32).toString(36).slice(0, Math.min(7, left))
  return text
}
