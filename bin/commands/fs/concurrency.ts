import pLimit from 'p-limit'
import { UsageError } from './failure.ts'

/** Files copied at once. Small files cost waiting (for syncs), not work; eight more gain nothing on two cores. */
const copiesAtOnce = 16

/** `-t N` copies at once. `-q N`, Hadoop's queue before its threads, is checked and changes nothing: what waits is bounded. */
export function copiesAsked(values: ReadonlyMap<string, string>): number {
  for (const option of ['t', 'q']) {
    const given = values.get(option)
    if (given !== undefined && !/^[1-9]\d{0,5}$/.test(given)) {
      throw new UsageError(`option -${option} needs a positive number, got ${given}`)
    }
  }
  return Number(values.get('t') ?? copiesAtOnce)
}

/** Copies planned but not yet told about; bounds what a large directory keeps in memory. */
const batchItems = 512

/**
 * Runs `step` for every item, several at once, and tells failures in the order of the items whatever order they end in.
 * `tell` may throw to stop.
 */
export async function eachAtOnce<T>(
  items: AsyncIterable<T>,
  copies: number,
  step: (item: T) => Promise<void>,
  tell: (error: unknown, item: T) => Promise<void>,
): Promise<void> {
  const limit = pLimit(copies)
  let batch: { item: T; outcome: Promise<{ error: unknown } | undefined> }[] = []
  const settle = async (): Promise<void> => {
    const settling = batch
    batch = []
    // All end before any is told: a stop leaves no copy running behind it.
    const outcomes = await Promise.all(settling.map(({ outcome }) => outcome))
    for (const [index, outcome] of outcomes.entries()) {
      const planned = settling[index]
      if (outcome !== undefined && planned !== undefined) await tell(outcome.error, planned.item)
    }
  }
  try {
    for await (const item of items) {
      batch.push({
        item,
        outcome: limit(() => step(item)).then(
          () => undefined,
          (error: unknown) => ({ error }),
        ),
      })
      if (batch.length >= batchItems) await settle()
    }
  } finally {
    await settle()
  }
}
