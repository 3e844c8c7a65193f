import fc from 'fast-check'

/** Flows over rows of a name and a number, as data; as a module, and as a few lines over arrays that say what it has to give. */
export type Step =
  | { readonly op: (typeof plain)[number] }
  | { readonly op: 'union' | 'join'; readonly with: readonly Step[] }

export type Row = readonly [string, number]

const plain = [
  'map',
  'filter',
  'flatMap',
  'count',
  'sum',
  'fold',
  'unfold',
  'distinct',
  'firsts',
  'sort',
  'top',
  'cache',
  'twice',
] as const

const steps = (depth: number): fc.Arbitrary<readonly Step[]> => {
  const one: fc.Arbitrary<Step> = fc.constantFrom(...plain).map((op) => ({ op }))
  if (depth === 0) return fc.array(one, { maxLength: 2 })
  const two: fc.Arbitrary<Step> = fc.record({ op: fc.constantFrom('union', 'join'), with: steps(depth - 1) })
  return fc.array(fc.oneof({ arbitrary: one, weight: 5 }, { arbitrary: two, weight: 2 }), {
    minLength: 1,
    maxLength: 4,
  })
}

export const flows = steps(1)
export const rowLists: fc.Arbitrary<readonly Row[]> = fc.array(
  fc.tuple(fc.constantFrom('a', 'b', 'ab', 'c', 'é', ''), fc.integer({ min: -4, max: 12 })),
  { maxLength: 40 },
)
export const linesOf = (rows: readonly Row[]): string => rows.map(([k, n]) => `${k}\t${n}\n`).join('')

/** The module of a flow that reads `left` and `right`. */
export function moduleOf(flow: readonly Step[]): string {
  let reads = 0
  const from = (list: readonly Step[], source: string): string => list.reduce(add, source)
  const add = (rows: string, step: Step): string => {
    switch (step.op) {
      case 'map':
        return `${rows}.map(([k, n]) => [k + 'x', n + 1])`
      case 'filter':
        return `${rows}.filter(([, n]) => n % 3 !== 0)`
      case 'flatMap':
        return `${rows}.flatMap(([k, n]) => [[k, n], [String(k).slice(0, 1), n * 2]])`
      case 'count':
        return `${rows}.groupBy(([k]) => k).aggregate(count)`
      case 'sum':
        return `${rows}.groupBy(([k]) => k).aggregate(sum, ([, n]) => n)`
      case 'fold':
        return `${rows}.groupBy(([k]) => k).map((k, rows) => { let h = 7; for (const [, n] of rows) h = (h * 31 + n) % 1009; return [String(k), h] })`
      case 'unfold':
        return `${rows}.groupBy(([k]) => k).flatMap(function* (k, rows) { let at = 0; for (const [, n] of rows) yield [k, n + at++] })`
      case 'distinct':
        return `${rows}.distinct()`
      case 'firsts':
        return `${rows}.distinct(([k]) => k)`
      case 'sort':
        return `${rows}.sortBy(([, n]) => desc(n))`
      case 'top':
        return `${rows}.topN(5, ([, n]) => n)`
      case 'cache':
        return `${rows}.cache()`
      case 'twice':
        return `((rows) => rows.union(rows.map(([k, n]) => [k, -n])))(${rows}.cache())`
      case 'union':
        return `${rows}.union(${from(step.with, `right${reads++ % 2 === 0 ? '' : '.map((row) => row)'}`)})`
      case 'join':
        return `${rows}.join(${from(step.with, 'right')}, { left: ([k]) => k, right: ([k]) => k, row: (k, [, l], [, r]) => [String(k), l * 100 + r] }).sortBy((row) => row)`
    }
  }
  return `defineFlow((flow) => {
    const row = (line) => [line.field(0).toString(), line.field(1).toNumber()]
    const left = flow.read('left').map(row)
    const right = flow.read('right').map(row)
    return ${from(flow, 'left')}
  })`
}

const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const byRow = ([a, n]: Row, [b, m]: Row): number => bytes(a, b) || n - m

function grouped(rows: readonly Row[]): [string, number[]][] {
  const groups = new Map<string, number[]>()
  for (const [k, n] of rows) groups.set(k, [...(groups.get(k) ?? []), n])
  return [...groups].sort(([a], [b]) => bytes(a, b))
}

/** What a flow has to give. */
export function rowsOf(flow: readonly Step[], left: readonly Row[], right: readonly Row[], from = left): Row[] {
  let rows = [...from]
  for (const step of flow) rows = after(step, rows, left, right)
  return rows
}

function after(step: Step, rows: Row[], left: readonly Row[], right: readonly Row[]): Row[] {
  switch (step.op) {
    case 'map':
      return rows.map(([k, n]) => [`${k}x`, n + 1])
    case 'filter':
      return rows.filter(([, n]) => n % 3 !== 0)
    case 'flatMap':
      return rows.flatMap(([k, n]): Row[] => [
        [k, n],
        [[...k].length > 0 ? k.slice(0, 1) : '', n * 2],
      ])
    case 'count':
      return grouped(rows).map(([k, of]) => [k, of.length])
    case 'sum':
      return grouped(rows).map(([k, of]) => [k, of.reduce((a, b) => a + b, 0)])
    case 'fold':
      return grouped(rows).map(([k, of]) => [k, of.reduce((h, n) => (h * 31 + n) % 1009, 7)])
    case 'unfold':
      return grouped(rows).flatMap(([k, of]) => of.map((n, at): Row => [k, n + at]))
    case 'distinct':
      return rows.filter(([k, n], at) => rows.findIndex(([l, m]) => k === l && n === m) === at).sort(byRow)
    case 'firsts':
      return grouped(rows).map(([k, [first = 0]]) => [k, first])
    case 'sort':
      return rows.toSorted(([, n], [, m]) => m - n)
    case 'top':
      return rows.toSorted(([, n], [, m]) => n - m).slice(0, 5)
    case 'cache':
      return rows
    case 'twice':
      return rows.concat(rows.map(([k, n]): Row => [k, n === 0 ? 0 : -n]))
    case 'union':
      return rows.concat(rowsOf(step.with, left, right, right))
    case 'join': {
      const others = rowsOf(step.with, left, right, right)
      return rows.flatMap(([k, n]) => others.filter(([l]) => k === l).map(([, m]): Row => [k, n * 100 + m])).sort(byRow)
    }
  }
}
