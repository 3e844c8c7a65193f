/** What is journalled can be read again, each type, and what was written before is read as it was meant. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../../dfs/base/bytes.ts'
import { blockId, fileId, generationStamp } from '../../../dfs/base/ids.ts'
import { decodeRecord, type JournalRecord, recordBytes } from '../../../dfs/namenode/records.ts'
import { code } from '../harness.ts'

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('é'.repeat(127), '/', 'x'.repeat(255)))
const long = fc.oneof(text, fc.constantFrom('x'.repeat(9000), '€'.repeat(2667), 'é'.repeat(300)))
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const small = fc.integer({ min: 0, max: 0o1777 })
const replication = fc.integer({ min: 1, max: 512 })
const length = fc.nat({ max: 16 * 1024 ** 3 })
const optional = fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 }), { nil: undefined })
const file = number.map(fileId)
const block = number.map(blockId)
const generation = number.map(generationStamp)
const owner = fc.record({ user: long, group: text })
const making = { owner, permission: small, parentPermission: small }
const as = <K extends string>(type: K): fc.Arbitrary<K> => fc.constant(type)

const records = {
  mkdir: fc.record({ type: as('mkdir'), path: long, time: number, ...making }),
  create: fc.record({
    type: as('create'),
    file,
    path: long,
    replication,
    blockSize: length,
    overwrite: fc.boolean(),
    holder: long,
    time: number,
    ...making,
  }),
  reopen: fc.record({ type: as('reopen'), file, path: long, keep: fc.nat(1000), holder: long }),
  addBlock: fc.record({ type: as('addBlock'), file, block, generation, previousLength: length }),
  newGeneration: fc.record({ type: as('newGeneration'), file, block, generation }),
  complete: fc.record({ type: as('complete'), file, lastLength: length, time: number }),
  abandon: fc.record({ type: as('abandon'), file }),
  delete: fc.record({ type: as('delete'), path: long, time: number }),
  rename: fc.record({ type: as('rename'), from: long, to: long, overwrite: fc.boolean(), time: number }),
  publish: fc.record({
    type: as('publish'),
    directory: long,
    files: fc.array(fc.record({ name: long, file }), { maxLength: 3 }),
    time: number,
    ...making,
  }),
  concat: fc.record({ type: as('concat'), path: long, sources: fc.array(long, { maxLength: 3 }), time: number }),
  setTimes: fc.record({ type: as('setTimes'), path: long, modificationTime: number, accessTime: number }),
  setReplication: fc.record({ type: as('setReplication'), path: long, replication }),
  setPermission: fc.record({ type: as('setPermission'), path: long, permission: small }),
  setOwner: fc.record({ type: as('setOwner'), path: long, owner }),
  setQuota: fc.record({ type: as('setQuota'), path: long, names: optional, space: optional }),
  allowSnapshot: fc.record({ type: as('allowSnapshot'), path: long }),
  disallowSnapshot: fc.record({ type: as('disallowSnapshot'), path: long }),
  createSnapshot: fc.record({ type: as('createSnapshot'), path: long, name: long, id: number, time: number }),
  deleteSnapshot: fc.record({ type: as('deleteSnapshot'), path: long, name: long, time: number }),
  renameSnapshot: fc.record({ type: as('renameSnapshot'), path: long, from: long, to: long, time: number }),
  answer: fc.record({
    type: as('answer'),
    client: long,
    sequence: number,
    answer: fc.oneof(long, fc.constant('x'.repeat(70_000))),
    time: number,
  }),
} satisfies { [K in JournalRecord['type']]: fc.Arbitrary<JournalRecord & { type: K }> }

test.each(Object.entries<fc.Arbitrary<JournalRecord>>(records))(
  'a record of type %s is read as it was written, or is too long to be written',
  (_, any) => {
    fc.assert(
      fc.property(any, (record: JournalRecord) => {
        let bytes: Buffer
        try {
          bytes = recordBytes(record)
        } catch (error) {
          expect(code(error)).toBe('DFS_BAD_ARGUMENT')
          return
        }
        const input = new ByteReader(bytes)
        expect(decodeRecord(input)).toEqual(record)
        expect(input.done).toBe(true)
      }),
      { numRuns: 60 },
    )
  },
)

test.each(Object.entries<fc.Arbitrary<JournalRecord>>(records))(
  'a record of type %s that is cut anywhere is refused',
  (_, any) => {
    const [record] = fc.sample<JournalRecord>(
      any.filter((record) => writable(record)),
      1,
    )
    if (record === undefined) throw new Error('no sample')
    const bytes = Buffer.from(recordBytes(record))
    for (let end = 0; end < Math.min(bytes.length, 300); end++) {
      expect(() => decodeRecord(new ByteReader(bytes.subarray(0, end)))).toThrow()
    }
  },
)

function writable(record: JournalRecord): boolean {
  try {
    return recordBytes(record).length > 1
  } catch {
    return false
  }
}

test('mkdir, create and publish of the first version are read with the modes there were then', () => {
  const written = (...fields: (number | string)[]): JournalRecord => {
    const out = new ByteWriter()
    for (const field of fields) typeof field === 'number' ? out.number(field) : out.text(field)
    return decodeRecord(new ByteReader(out.bytes()))
  }
  const owner = { user: 'me', group: 'supergroup' }
  const parentPermission = 0o755
  expect(written(1, '/d', 7, 'me', 'supergroup')).toEqual({
    type: 'mkdir',
    path: '/d',
    time: 7,
    owner,
    permission: 0o755,
    parentPermission,
  })
  expect(written(2, 5, '/f', 3, 64, 1, 'holder', 7, 'me', 'supergroup')).toEqual({
    type: 'create',
    file: 5,
    path: '/f',
    replication: 3,
    blockSize: 64,
    overwrite: true,
    holder: 'holder',
    time: 7,
    owner,
    permission: 0o644,
    parentPermission,
  })
  expect(written(10, '/out', 1, 'part', 5, 7, 'me', 'supergroup')).toEqual({
    type: 'publish',
    directory: '/out',
    files: [{ name: 'part', file: 5 }],
    time: 7,
    owner,
    permission: 0o755,
    parentPermission,
  })
  expect(written(7, '/a', '/b', 7)).toEqual({ type: 'rename', from: '/a', to: '/b', overwrite: false, time: 7 })
})
