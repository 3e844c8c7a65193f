import { describe, expect, test } from 'vitest'
import { Bench } from './bench.ts'

describe('a replica that its datanode found bad', () => {
  test('is not offered, not counted, not copied from; a good one takes its place, then it goes', () => {
    const bench = Bench.started({ racks: ['a', 'a', 'b', 'b'], files: [2] }, [[1], [], [1], []])
    bench.bad(0, bench.block(1))
    expect(bench.manager.locations(bench.block(1))).toEqual([2])
    expect(bench.manager.counts()).toMatchObject({ corruptReplicas: 1, underReplicated: 1 })
    const first = bench.pass(200)
    expect(first.copies).toEqual([[1, 2, [expect.any(Number)]]])
    expect(first.copies[0]?.[2]).not.toContain(0)
    expect(bench.pass(2_000).deletions).toEqual([])
    bench.received(first.copies[0]?.[2][0] ?? -1, bench.block(1))
    expect(bench.pass(400).deletions).toEqual([[1, 0]])
    bench.deleted(0, bench.block(1))
    expect(bench.manager.counts()).toMatchObject({ corruptReplicas: 0, underReplicated: 0 })
  })

  test('makes room first where no other datanode could take the good one', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [3] }, [[1], [1], [1]])
    bench.bad(0, bench.block(1))
    expect(bench.pass(400)).toMatchObject({ copies: [], deletions: [[1, 0]] })
    bench.deleted(0, bench.block(1))
    expect(bench.work(1_000).copies).toMatchObject([[1, expect.any(Number), [0]]])
    expect(bench.block(1).replicas).toEqual([0, 1, 2])
  })

  test('is never deleted when it is the last, and is offered then: readers check what they read', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [1] }, [[1], []])
    bench.bad(0, bench.block(1))
    expect(bench.pass(70_000)).toMatchObject({ copies: [], deletions: [] })
    expect(bench.manager.counts().missing).toBe(1)
    expect(bench.manager.locations(bench.block(1))).toEqual([0])
  })

  test('is kept while it is not certain that the good ones are there', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [2] }, [[1], [1]])
    bench.silent.add(1)
    bench.pass(800)
    bench.bad(0, bench.block(1))
    expect(bench.pass(600).deletions).toEqual([])
    bench.silent.clear()
    expect(bench.pass(400).deletions).toEqual([[1, 0]])
  })

  test('stays bad whatever reports say that only list it', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [1] }, [[1], []])
    bench.bad(0, bench.block(1))
    bench.report(0, [bench.block(1)])
    bench.received(0, bench.block(1))
    expect(bench.block(1).replicas).toEqual([])
    bench.report(0, [])
    expect(bench.manager.counts().corruptReplicas).toBe(0)
  })

  test('that was being copied is copied from another', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [3] }, [[1], [1], []])
    const [order] = bench.pass(200).copies
    expect(order).toBeDefined()
    const source = order?.[1] ?? -1
    bench.bad(source, bench.block(1))
    expect(bench.pass(1_000).copies).toEqual([[1, 1 - source, [2]]])
  })
})

describe('a replica that a reader says is bad', () => {
  test('is looked at by its datanode; one that reads well is back', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2] }, [[1], [1], []])
    bench.manager.suspect(0, bench.block(1), bench.now)
    expect(bench.manager.locations(bench.block(1))).toEqual([1])
    expect(bench.pass(200).verify).toEqual([[1, 0]])
    bench.verified(0, bench.block(1))
    expect(bench.block(1).replicas).toEqual([0, 1])
    expect(bench.pass(60_000)).toMatchObject({ verify: [], deletions: [] })
  })

  test('is asked for again when no answer comes, and is never deleted on a reader’s word alone', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2] }, [[1], [1], []])
    bench.manager.suspect(0, bench.block(1), bench.now)
    const { verify, deletions } = bench.work(40_000)
    expect(verify).toEqual([])
    expect(deletions).toEqual([])
    expect(bench.pass(30_000).verify).toEqual([[1, 0]])
  })

  test('and that is verified after all, but was deleted meanwhile, is not there', () => {
    const bench = Bench.started({ racks: ['a', 'b', 'b'], files: [2] }, [[1], [1], []])
    bench.deleted(0, bench.block(1))
    bench.verified(0, bench.block(1))
    expect(bench.block(1).replicas).toEqual([1])
  })

  test('of a datanode that has none is no news', () => {
    const bench = Bench.started({ racks: ['a', 'b'], files: [1] }, [[1], []])
    bench.manager.suspect(1, bench.block(1), bench.now)
    bench.manager.suspect(9, bench.block(1), bench.now)
    expect(bench.manager.counts().corruptReplicas).toBe(0)
  })
})
