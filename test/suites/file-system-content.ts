import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { outcome, patterned } from '../dfs/harness.ts'
import type { SuiteGround } from './file-system-ground.ts'

/** What goes into files and comes out of them. */
export function contentSections(ground: SuiteGround): void {
  const { at, write, append, bytes, text, below } = ground

  describe('a file', () => {
    test.each([0, 1, 8191, 8192, 8193, 150_000])('of %i bytes comes back as it went', async (length) => {
      const content = patterned(length)
      await write('/f', content)
      expect((await bytes('/f')).equals(content)).toBe(true)
      const status = await ground.fs.stat(at('/f'))
      expect(status).toMatchObject({ path: at('/f'), kind: 'file', length, permission: 0o644, childrenCount: 0 })
      expect(status.owner).toBe(ground.fs.user)
      expect(Math.abs(status.modificationTime - Date.now())).toBeLessThan(600_000)
      if (ground.subject.beside !== undefined) {
        expect((await ground.subject.beside.stat(at('/f'))).length).toBe(length)
      }
    })

    test('is read at any place', async () => {
      const content = patterned(5000)
      await write('/f', content)
      const reader = await ground.fs.open(at('/f'))
      expect(reader.length).toBe(5000)
      for (const [position, length, there] of [
        [0, 10, 10],
        [1020, 10, 10],
        [4990, 100, 10],
        [5000, 5, 0],
        [9000, 5, 0],
        [0, 5000, 5000],
      ] as const) {
        const target = Buffer.alloc(length, '-')
        expect(await reader.read(target, position)).toBe(there)
        expect(target.subarray(0, there).equals(content.subarray(position, position + there))).toBe(true)
      }
      expect(await outcome(reader.read(Buffer.alloc(1), -1))).toBe('DFS_BAD_ARGUMENT')
      await reader.close()
      await reader.close()
      expect(await outcome(reader.read(Buffer.alloc(1), 0))).toBe('DFS_CLOSED')
      expect((await bytes('/f', { start: 1000, end: 3000 })).equals(content.subarray(1000, 3000))).toBe(true)
      expect((await bytes('/f', { start: 4999 })).equals(content.subarray(4999))).toBe(true)
      expect((await bytes('/f', { start: 5000 })).length).toBe(0)
    })

    test('is written in pieces whose buffer is used again, and is not to be seen before its close', async () => {
      const writer = await ground.fs.create(at('/f'))
      const buffer = Buffer.alloc(700)
      for (let i = 0; i < 200; i++) await writer.write(buffer.fill(i % 251))
      expect(await ground.fs.find(at('/f'))).toBeUndefined()
      await writer.close()
      await writer.close()
      const content = await bytes('/f')
      expect(content.length).toBe(140_000)
      for (let i = 0; i < 200; i++) expect(content[i * 700 + 699]).toBe(i % 251)
      expect(await outcome(writer.write(buffer))).toBe('DFS_CLOSED')
    })

    test('that is given up was never there', async () => {
      const writer = await ground.fs.create(at('/f'))
      await writer.write(patterned(150_000))
      await writer.abort()
      await writer.abort()
      expect(await outcome(writer.write(Buffer.alloc(1)))).toBe('DFS_CLOSED')
      expect(await ground.fs.list(at(''))).toEqual([])
      await write('/f', 'again')
      expect(await text('/f')).toBe('again')
    })

    test('is replaced only when asked, and whole', async () => {
      await write('/f', 'old')
      expect(await outcome(ground.fs.create(at('/f')))).toBe('DFS_EXISTS')
      const writer = await ground.fs.create(at('/f'), { overwrite: true })
      await writer.write(Buffer.from('new'))
      expect(await text('/f')).toBe('old')
      await writer.close()
      expect(await text('/f')).toBe('new')
      const late = await ground.fs.create(at('/f'), { overwrite: true })
      await late.write(Buffer.alloc(2000))
      await late.abort()
      expect(await text('/f')).toBe('new')
    })

    test('has the shape that was asked for', async () => {
      const writer = await ground.fs.create(at('/f'), { blockSize: 4096, replication: 1, permission: 0o600 })
      await writer.write(patterned(9000))
      await writer.close()
      expect(await ground.fs.stat(at('/f'))).toMatchObject({ blockSize: 4096, replication: 1, permission: 0o600 })
      const blocks = await ground.fs.blockLocations(at('/f'))
      expect(blocks.map(({ offset, length }) => [offset, length])).toEqual([
        [0, 4096],
        [4096, 4096],
        [8192, 808],
      ])
      expect(blocks.every(({ hosts, names }) => hosts.length === 1 && names.length === 1)).toBe(true)
      expect((await ground.fs.blockLocations(at('/f'), { offset: 4000, length: 200 })).length).toBe(2)
    })

    test('makes its parents, or does not', async () => {
      await write('/a/b/f', 'x')
      expect((await ground.fs.stat(at('/a/b'))).kind).toBe('directory')
      expect(await outcome(ground.fs.create(at('/no/f'), { parents: false }))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.create(at('/a'), { overwrite: true }))).toBe('DFS_IS_DIRECTORY')
      expect(await outcome(write('/a/b/f/g', 'x'))).toBe('DFS_NOT_DIRECTORY')
    })

    test('keeps its name, whatever that is', async () => {
      const names = ['a b', '100%', '#?&=+;', '%2e%2e', 'ä', '日本', '💾', '\'"', '\\', 'x'.repeat(255), 'a\nb']
      for (const one of names) await write(`/${one}`, one)
      const listed = (await ground.fs.list(at(''))).map(({ path }) => path.slice(ground.top.length + 1))
      expect(listed.toSorted()).toEqual(names.toSorted())
      for (const one of names) expect(await text(`/${one}`)).toBe(one)
    })

    test.each(['relative', '', '/a/../b', '/./a', '/a\0b', `/${'x'.repeat(256)}`, '/\ud800'])(
      'can not be called %j',
      async (path) => {
        expect(await outcome(ground.fs.stat(path))).toBe('DFS_BAD_PATH')
        expect(await outcome(ground.fs.create(path))).toBe('DFS_BAD_PATH')
        expect(await outcome(ground.fs.delete(path))).toBe('DFS_BAD_PATH')
      },
    )
  })

  describe('append, truncate and concat', () => {
    test('append adds at the close, and gives way when it is given up', async () => {
      const content = patterned(30_000)
      await write('/f', content.subarray(0, 10_000))
      const writer = await ground.fs.append(at('/f'))
      await writer.write(content.subarray(10_000))
      expect((await ground.fs.stat(at('/f'))).length).toBe(10_000)
      await writer.close()
      expect((await bytes('/f')).equals(content)).toBe(true)
      const late = await ground.fs.append(at('/f'))
      await late.write(patterned(3000))
      await late.abort()
      expect((await bytes('/f')).equals(content)).toBe(true)
      await append('/f', '')
      await append('/f', '!')
      expect((await ground.fs.stat(at('/f'))).length).toBe(30_001)
      expect(await outcome(ground.fs.append(at('/none')))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.append(at('')))).toBe('DFS_IS_DIRECTORY')
    })

    test('truncate cuts and never grows', async () => {
      const content = patterned(20_000)
      await write('/f', content)
      for (const length of [20_000, 8193, 8192, 1000, 0]) {
        await ground.fs.truncate(at('/f'), length)
        expect((await bytes('/f')).equals(content.subarray(0, length))).toBe(true)
      }
      expect(await outcome(ground.fs.truncate(at('/f'), 1))).toBe('DFS_BAD_ARGUMENT')
      expect(await outcome(ground.fs.truncate(at('/none'), 0))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.truncate(at(''), 0))).toBe('DFS_IS_DIRECTORY')
    })

    test('concat moves files to the end of another', async () => {
      for (const [path, content] of Object.entries({ '/a': 'one ', '/b b': 'two ', '/c': 'three' })) {
        await write(path, content)
      }
      await ground.fs.concat(at('/a'), [at('/b b'), at('/c')])
      expect(await text('/a')).toBe('one two three')
      expect(below(await ground.fs.list(at('')))).toEqual(['/a'])
      expect(await outcome(ground.fs.concat(at('/a'), [at('/none')]))).toBe('DFS_NOT_FOUND')
      expect(await outcome(ground.fs.concat(at('/a'), [at('/a')]))).toBe('DFS_BAD_ARGUMENT')
    })

    test('a checksum is that of the content, however it is cut into blocks', async () => {
      const content = patterned(5000)
      await write('/f', content)
      const writer = await ground.fs.create(at('/g'), { blockSize: 4096 })
      await writer.write(content)
      await writer.close()
      const sum = { algorithm: 'COMPOSITE-CRC32', bytes: crc32(content).toString(16).padStart(8, '0') }
      expect(await ground.fs.checksum(at('/f'))).toEqual(sum)
      expect(await ground.fs.checksum(at('/g'))).toEqual(sum)
      expect(await outcome(ground.fs.checksum(at('/none')))).toBe('DFS_NOT_FOUND')
    })
  })
}
