import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { placeReplicas, rackOf } from '../../../dfs/namenode/placement.ts'
import { planReplication } from '../../../dfs/namenode/replication.ts'

const cluster = (racks: readonly string[]) => racks.map((rack, index) => ({ index, rack }))
const three = cluster(['rack-1', 'rack-2', 'rack-2'])
const nine = cluster(['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c'])
const chance = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }))

describe('where replicas go', () => {
  test('three of three datanodes take one each, the writer’s first', () => {
    for (const writer of [0, 1, 2]) {
      const placed = placeReplicas(three, 3, () => 0.99, { writer })
      expect(placed[0]).toBe(writer)
      expect([...placed].sort()).toEqual([0, 1, 2])
    }
  })

  test('first the writer’s node, second another rack, third another node of the second’s rack', () => {
    fc.assert(
      fc.property(fc.nat(8), chance, (writer, stream) => {
        const [first, second, third, ...rest] = placeReplicas(nine, 3, () => stream.next().value, { writer })
        const rack = (index: number | undefined) => nine[index ?? -1]?.rack
        return (
          first === writer &&
          rack(second) !== rack(first) &&
          rack(third) === rack(second) &&
          third !== second &&
          rest.length === 0
        )
      }),
    )
  })

  test('never twice on one node, never on an excluded one, and as many as there can be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 10 }),
        fc.nat(12),
        fc.uniqueArray(fc.nat(9)),
        fc.uniqueArray(fc.nat(9)),
        chance,
        (racks, count, excluded, present, stream) => {
          const nodes = cluster(racks)
          const there = present.filter((index) => index < nodes.length)
          const placed = placeReplicas(nodes, count, () => stream.next().value, {
            excluded: new Set(excluded),
            present: there,
          })
          const free = nodes.filter(({ index }) => !excluded.includes(index) && !there.includes(index)).length
          return (
            placed.length === Math.min(count, free) &&
            new Set(placed).size === placed.length &&
            placed.every((index) => !excluded.includes(index) && !there.includes(index))
          )
        },
      ),
    )
  })

  test('every node gets its share when no writer stands on one', () => {
    const counts = new Array<number>(9).fill(0)
    let turn = 0
    for (let i = 0; i < 900; i++) {
      const [first = -1] = placeReplicas(nine, 3, () => (turn++ * 0.618) % 1)
      counts[first] = (counts[first] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(30)
  })
})

test('racks are as even as can be, the later ones larger', () => {
  const layout = (datanodes: number, racks: number) =>
    Array.from({ length: datanodes }, (_, i) => rackOf(i, datanodes, racks)).join(' ')
  expect(layout(3, 2)).toBe('rack-1 rack-2 rack-2')
  expect(layout(4, 2)).toBe('rack-1 rack-1 rack-2 rack-2')
  expect(layout(5, 3)).toBe('rack-1 rack-2 rack-2 rack-3 rack-3')
  expect(layout(1, 1)).toBe('rack-1')
  expect(layout(3, 3)).toBe('rack-1 rack-2 rack-3')
})

describe('what brings a block to its replication', () => {
  const none: ReadonlySet<number> = new Set()
  const first = () => 0

  test('adds where there is none yet', () => {
    expect(planReplication([1], 3, three, none, first)).toEqual({ add: [0, 2], drop: [] })
    expect(planReplication([0, 1, 2], 3, three, none, first)).toEqual({ add: [], drop: [] })
  })

  test('takes a node with a corrupt replica only when there is no other', () => {
    expect(planReplication([0], 2, three, new Set([1]), first).add).toEqual([2])
    expect(planReplication([0], 3, three, new Set([1]), first).add).toEqual([2, 1])
  })

  test('drops from the rack that has most, so that two racks stay', () => {
    expect(planReplication([0, 1, 2], 2, three, none, first).drop).toEqual([2])
    expect(planReplication([0, 1, 2], 1, three, none, first).drop).toHaveLength(2)
    expect(
      planReplication([0, 1, 3, 4], 2, nine, none, first)
        .drop.map((i) => nine[i]?.rack)
        .sort(),
    ).toEqual(['a', 'b'])
  })
})
