/**
 * Reductions the engine knows by name, so that it can fold them into a table while mapping and never calls back per
 * value. All of them give the same result for any grouping and order of partial results; `first` follows input order.
 */
export interface Aggregate {
  readonly aggregate: 'sum' | 'count' | 'min' | 'max' | 'first'
}

/** The sum of numbers or bigints: integers never lose bits (the result is a bigint beyond 2^53), floats round once. */
export const sum: Aggregate = Object.freeze({ aggregate: 'sum' })
/** How many values there are. */
export const count: Aggregate = Object.freeze({ aggregate: 'count' })
/** The least value: numbers by value, texts by bytes. */
export const min: Aggregate = Object.freeze({ aggregate: 'min' })
/** The greatest value. */
export const max: Aggregate = Object.freeze({ aggregate: 'max' })
/** The first value in input order. */
export const first: Aggregate = Object.freeze({ aggregate: 'first' })

export const aggregateNames: readonly string[] = ['sum', 'count', 'min', 'max', 'first']

/** Tells a built-in aggregate from a function; works across copies of this module. */
export function isAggregate(value: unknown): value is Aggregate {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aggregate' in value &&
    typeof value.aggregate === 'string' &&
    aggregateNames.includes(value.aggregate)
  )
}
