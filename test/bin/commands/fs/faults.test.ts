import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eachAtOnce } from '../../../../bin/commands/fs/concurrency.ts'
import { blockId, datanodeId } from '../../../../dfs/base/ids.ts'
import type { Dfs } from '../../../../dfs/index.ts'
import { DfsError } from '../../../../dfs/index.ts'
import { Quern } from '../../support/quern.ts'

/** What stands between the command and the real file system in a test; nothing unless the test says so. */
let between: ((dfs: Dfs) => Partial<Dfs>) | undefined

vi.mock('../../../../dfs/index.ts', async (load) => {
  const real = await load<typeof import('../../../../dfs/index.ts')>()
  return {
    ...real,
    openDfs: async (options: Parameters<typeof real.openDfs>[0]): Promise<Dfs> => {
      const dfs = await real.openDfs(options)
      const instead = between?.(dfs) ?? {}
      return new Proxy(dfs, {
        get(target, name) {
          const value = Reflect.get(name in instead ? instead : target, name, name in instead ? instead : target)
          return typeof value === 'function' && !(name in instead) ? value.bind(target) : value
        },
      })
    },
  }
})

let quern: Quern

beforeEach(async () => {
  between = undefined
  quern = await Quern.make()
  await quern.ok('mkdir', '/d')
})

afterEach(async () => {
  between = undefined
  await quern[Symbol.asyncDispose]()
})

describe('a file system that is full', () => {
  it('stops a put of many files with one message, and closes what it opened', async () => {
    await mkdir(join(quern.cwd, 't'))
    for (let index = 0; index < 40; index++) await writeFile(join(quern.cwd, 't', `f${index}`), 'x')
    let closed = 0
    between = (dfs) => ({
      create: () =>
        Promise.reject(new DfsError('DFS_NO_SPACE', 'no datanode has room: dn1: full; dn2: full; dn3: full')),
      close: () => {
        closed++
        return dfs.close()
      },
    })
    expect(await quern.fs('put', 't', '/d')).toMatchObject({
      code: 1,
      out: '',
      err: 'put: no datanode has room: dn1: full; dn2: full; dn3: full\n',
    })
    expect(closed).toBe(1)
  })

  it('takes back the file it could not end', async () => {
    let aborted = 0
    between = (dfs) => ({
      create: async (...words) => {
        const writer = await dfs.create(...words)
        return {
          write: () => Promise.reject(new DfsError('DFS_NO_SPACE', 'full')),
          close: () => writer.close(),
          abort: () => {
            aborted++
            return writer.abort()
          },
        }
      },
    })
    expect(await quern.run(['fs', '-put', '-', '/d/f'], { stdin: 'x' })).toMatchObject({ code: 1, err: 'put: full\n' })
    between = undefined
    expect(aborted).toBe(1)
    expect(await quern.ok('ls', '/d')).toBe('')
  })
})

describe('an ordinary failure', () => {
  it('of one path does not keep the others from their turn', async () => {
    await quern.file('/d/a', 'A')
    await quern.file('/d/b', 'B')
    between = (dfs) => ({
      open: (path) => (path === '/d/a' ? Promise.reject(new DfsError('DFS_IO', 'reading /d/a: EIO')) : dfs.open(path)),
    })
    expect(await quern.fs('cat', '/d/a', '/d/b')).toMatchObject({ code: 1, out: 'B', err: 'cat: reading /d/a: EIO\n' })
  })

  it('that nobody foresaw names the path it was met on', async () => {
    between = () => ({ summary: () => Promise.reject(new TypeError('x is not a function')) })
    expect(await quern.fs('count', '/d')).toMatchObject({ code: 1, err: "count: `/d': x is not a function\n" })
  })

  it('while removing: somebody was faster', async () => {
    await quern.file('/d/a', 'A')
    between = () => ({ delete: () => Promise.resolve(false) })
    expect(await quern.fs('rm', '/d/a')).toMatchObject({ code: 1, err: "rm: `/d/a': No such file or directory\n" })
  })

  it('of quern dfs ends it with 1', async () => {
    between = () => ({ checkpoint: () => Promise.reject(new DfsError('DFS_IO', 'writing the image: EIO')) })
    expect(await quern.run(['dfs', 'checkpoint'])).toMatchObject({
      code: 1,
      err: 'checkpoint: writing the image: EIO\n',
    })
  })
})

describe('what the file system has to say', () => {
  it('is passed on once the command is done', async () => {
    const bad = { block: blockId(7), datanode: datanodeId('dn2'), path: '/x', reason: 'missing', detail: '' } as const
    between = () => ({
      notes: ['datanode dn3 can not be used: its disk is gone'],
      incidents: [
        { ...bad, repaired: true },
        { ...bad, repaired: false },
      ],
    })
    expect(await quern.fs('ls', '/')).toMatchObject({
      code: 0,
      err: [
        'ls: note: datanode dn3 can not be used: its disk is gone',
        'ls: warning: met 2 bad replicas (block 7 on dn2: missing, …), 1 repaired so far; see quern dfs fsck',
        '',
      ].join('\n'),
    })
  })
})

describe('copying several at once', () => {
  it('tells failures in the order of the items, whatever order they end in', async () => {
    const told: number[] = []
    async function* items() {
      for (let item = 0; item < 1200; item++) yield item
    }
    let running = 0
    let most = 0
    await eachAtOnce(
      items(),
      5,
      async (item) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, item % 3))
        running--
        if (item % 100 === 0) throw new Error(String(item))
      },
      async (error, item) => {
        expect(error).toEqual(new Error(String(item)))
        told.push(item)
      },
    )
    expect(told).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100])
    expect(most).toBe(5)
  })

  it('leaves nothing running when it is stopped', async () => {
    let running = 0
    let ended = false
    async function* items() {
      try {
        for (let item = 0; ; item++) yield item
      } finally {
        ended = true
      }
    }
    const stopped = eachAtOnce(
      items(),
      16,
      async () => {
        running++
        await new Promise((resolve) => setTimeout(resolve, 1))
        running--
        throw new Error('full')
      },
      (error) => Promise.reject(error),
    )
    await expect(stopped).rejects.toThrow('full')
    expect([running, ended]).toEqual([0, true])
  })
})
