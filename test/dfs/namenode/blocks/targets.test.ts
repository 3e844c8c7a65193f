import { describe, expect, test } from 'vitest'
import { Bench } from './bench.ts'

describe('why there are not more targets', () => {
  test('is said datanode by datanode, never as if there were none', () => {
    const bench = Bench.started({ racks: ['a', 'a', 'b', 'b', 'c', 'c', 'c'] })
    bench.known.push({ ...bench.known[0], id: 'dn7' } as never)
    bench.silent.add(1)
    bench.beats[2] = { capacity: 100, free: 7, used: 93, writers: 0 }
    bench.beats[4] = { capacity: 100, free: 100, used: 0, writers: 0, failure: 'EROFS' }
    bench.pass(2_200)
    bench.manager.setAdminState(5, 'decommissioning', bench.now)
    const request = { count: 3, length: 64, excluded: new Set([3]), present: [6] }
    expect(bench.manager.chooseTargets(request)).toEqual([0])
    expect(bench.manager.explainPlacement(request)).toBe(
      '3 replicas were asked for and 1 can be placed; of 7 datanodes: 1 that can take it, 1 dead, 1 full, 1 that failed this writer, 1 with a disk that fails, 1 decommissioning, 1 that have one already; dn2 is full: 64 bytes are needed, 7 are free; dn4: EROFS',
    )
  })

  test('is that none has come', () => {
    expect(new Bench({ racks: [], unknown: true }).manager.explainPlacement({ count: 1, length: 1 })).toBe(
      '1 replica was asked for and 0 can be placed; no datanode has ever come',
    )
    expect(new Bench({ racks: ['a'] }).manager.explainPlacement({ count: 1, length: 1 })).toBe(
      '1 replica was asked for and 0 can be placed; of 1 datanode: 1 that never came',
    )
  })
})

test('datanodes with far more writers than others are left out while there are others', () => {
  const bench = Bench.started({ racks: ['a', 'a', 'b', 'b'] })
  bench.beats[0] = { capacity: 1_000, free: 900, used: 100, writers: 40 }
  bench.pass(200)
  for (let i = 0; i < 20; i++) expect(bench.manager.chooseTargets({ count: 3, length: 1, writer: 0 })).not.toContain(0)
  expect(bench.manager.chooseTargets({ count: 4, length: 1 })).toContain(0)
})

test('more room is more likely', () => {
  const bench = Bench.started({ racks: ['a', 'a', 'a', 'a'] })
  bench.beats[3] = { capacity: 10_000, free: 9_000, used: 100, writers: 0 }
  bench.pass(200)
  const chosen = Array.from({ length: 400 }, () => bench.manager.chooseTargets({ count: 1, length: 1 })[0])
  const roomy = chosen.filter((number) => number === 3).length
  expect(roomy).toBeGreaterThan(130)
  expect(roomy).toBeLessThan(300)
})

test('more datanodes than there can be are refused', () => {
  const bench = new Bench({ racks: Array.from({ length: 64 }, () => 'a') })
  const identity = { id: bench.known[0]?.id ?? ('' as never), rack: 'a', directory: '/x', uuid: 'x' }
  expect(() => bench.manager.register({ ...identity, id: 'one more' as never }, 0)).toThrow('64 are the most')
  expect(bench.manager.register(identity, 0).node).toBe(0)
})
