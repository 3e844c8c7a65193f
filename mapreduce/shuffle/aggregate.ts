/**
 * Reductions the engine knows by name, so that it can fold them into a table while mapping and never calls back per
 * value. All of them give the same result for any grouping and order of partial results; `first` follows input order.
 */
export type Aggregate = OneValueAggregate | ManyValuesAggregate

/** One result for each key. */
export interface OneValueAggregate {
  readonly aggregate: 'sum' | 'count' | 'min' | 'max' | 'mean' | 'stats' | 'first'
}

/** Some of the values of a key, each a record of its own. */
export type ManyValuesAggregate =
  | { readonly aggregate: 'distinct' }
  | { readonly aggregate: 'top' | 'bottom'; readonly n: number }

/** The sum of numbers or bigints: integers never lose bits (the result is a bigint beyond 2^53), floats round once. */
export const sum: OneValueAggregate & { readonly aggregate: 'sum' } = Object.freeze({ aggregate: 'sum' })
/** How many values there are. */
export const count: OneValueAggregate & { readonly aggregate: 'count' } = Object.freeze({ aggregate: 'count' })
/** The least value: numbers by value, texts by bytes. */
export const min: OneValueAggregate & { readonly aggregate: 'min' } = Object.freeze({ aggregate: 'min' })
/** The greatest value. */
export const max: OneValueAggregate & { readonly aggregate: 'max' } = Object.freeze({ aggregate: 'max' })
/** The arithmetic mean of numbers or bigints, a number: the exact sum, rounded, over the count. */
export const mean: OneValueAggregate & { readonly aggregate: 'mean' } = Object.freeze({ aggregate: 'mean' })
/**
 * Count, least, greatest, sum and mean of numbers together: `{ count, min, max, sum, mean }`, exact as `sum` is. As
 * `combine` of a reduce function it folds while mapping, and `mergeStats` makes the same of what the reduce is given.
 */
export const stats: OneValueAggregate & { readonly aggregate: 'stats' } = Object.freeze({ aggregate: 'stats' })
/** The first value in input order. */
export const first: OneValueAggregate & { readonly aggregate: 'first' } = Object.freeze({ aggregate: 'first' })
/**
 * The different values of a key, the least first; what has no value is the key once. The values of one key are held in
 * memory and may take 64 MiB (MR_USER_CODE beyond); keys without values are not held.
 */
export const distinct: Aggregate = Object.freeze({ aggregate: 'distinct' })

/** The most values `top` and `bottom` keep. */
export const KEPT_VALUES_MAX = 1_000_000

/**
 * The `n` greatest values of a key, the greatest first, all of them where there are fewer: numbers by value, texts by
 * bytes, arrays item by item. `n` is 1 to 1,000,000; that many values are held in memory.
 */
export const top = (n: number): Aggregate => Object.freeze({ aggregate: 'top', n: keptValues('top', n) })
/** The `n` least values of a key, the least first. */
export const bottom = (n: number): Aggregate => Object.freeze({ aggregate: 'bottom', n: keptValues('bottom', n) })

function keptValues(name: string, n: number): number {
  if (isKeptValues(n)) return n
  throw new RangeError(`${name}(${String(n)}): it has to be a whole number from 1 to ${KEPT_VALUES_MAX}`)
}

const isKeptValues = (n: unknown): n is number =>
  typeof n === 'number' && Number.isInteger(n) && n >= 1 && n <= KEPT_VALUES_MAX

/** Also of those that are made by a call. */
export const aggregateNames: readonly string[] = [
  'sum',
  'count',
  'min',
  'max',
  'mean',
  'stats',
  'first',
  'distinct',
  'top',
  'bottom',
]

/** Tells a built-in aggregate from a function; works across copies of this module. */
export function isAggregate(value: unknown): value is Aggregate {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aggregate' in value &&
    typeof value.aggregate === 'string' &&
    aggregateNames.includes(value.aggregate) &&
    (!(value.aggregate === 'top' || value.aggregate === 'bottom') || ('n' in value && isKeptValues(value.n)))
  )
}

export function givesManyValues(aggregate: Aggregate): aggregate is ManyValuesAggregate {
  return aggregate.aggregate === 'distinct' || 'n' in aggregate
}

/** As it is written in a job. */
export function showAggregate(aggregate: Aggregate): string {
  return 'n' in aggregate ? `${aggregate.aggregate}(${aggregate.n})` : aggregate.aggregate
}

/** Whether two mean the same, as copies of this module may have made them. */
export function isSameAggregate(a: Aggregate, b: Aggregate): boolean {
  return showAggregate(a) === showAggregate(b)
}
