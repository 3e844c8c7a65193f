/** The state machine against a model that is a plain map of paths; replay and image give the same state. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../dfs/base/bytes.ts'
import { type FileId, fileId } from '../../../dfs/base/ids.ts'
import * as decide from '../../../dfs/namenode/decide.ts'
import { encodeImage } from '../../../dfs/namenode/image.ts'
import { ImageLoader } from '../../../dfs/namenode/image-loader.ts'
import { DirectoryNode, FileNode, type Inode } from '../../../dfs/namenode/inode.ts'
import { Namespace } from '../../../dfs/namenode/namespace.ts'
import { decodeRecord, type JournalRecord, recordBytes } from '../../../dfs/namenode/records.ts'
import { code } from '../harness.ts'
import { caller, made, picture, throughImage } from './state.ts'

/** The visible tree: a path and, for a file, the bytes it has. */
function visible(state: Namespace): Map<string, number | 'directory'> {
  const found = new Map<string, number | 'directory'>()
  const walk = (directory: DirectoryNode, path: string): void => {
    for (const [name, node] of directory.children ?? []) {
      found.set(`${path}/${name}`, node instanceof FileNode ? node.length : 'directory')
      if (node instanceof DirectoryNode) walk(node, `${path}/${name}`)
    }
  }
  walk(state.root, '')
  return found
}

const name = fc.constantFrom('a', 'b', 'c', '__proto__')
const path = fc.array(name, { minLength: 0, maxLength: 3 }).map((parts) => `/${parts.join('/')}`)
const step = fc.oneof(
  fc.record({ do: fc.constant('mkdir' as const), path, parents: fc.boolean() }),
  fc.record({ do: fc.constant('put' as const), path, overwrite: fc.boolean(), length: fc.nat(300) }),
  fc.record({ do: fc.constant('begin' as const), path, overwrite: fc.boolean(), length: fc.nat(300) }),
  fc.record({ do: fc.constant('delete' as const), path, recursive: fc.boolean() }),
  fc.record({ do: fc.constant('rename' as const), path, to: path }),
  fc.record({ do: fc.constant('end' as const), which: fc.nat(5), abandon: fc.boolean() }),
  fc.record({ do: fc.constant('publish' as const), path, overwrite: fc.boolean(), count: fc.nat(3) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The same rules, the slow and obvious way, over a map of paths. */
class Model {
  readonly paths = new Map<string, number | 'directory'>()
  kind(at: string): 'file' | 'directory' | undefined {
    if (at === '/') return 'directory'
    const found = this.paths.get(at)
    return found === undefined ? undefined : found === 'directory' ? 'directory' : 'file'
  }
  ancestors(at: string): string[] {
    const parts = at.split('/').slice(1, -1)
    return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)
  }
  makeParents(at: string): void {
    for (const above of this.ancestors(at)) this.paths.set(above, 'directory')
  }
  blocked(at: string): boolean {
    return this.ancestors(at).some((above) => this.kind(above) === 'file')
  }
  below(at: string): string[] {
    return [...this.paths.keys()].filter((key) => key.startsWith(`${at === '/' ? '' : at}/`))
  }
}

class Run {
  readonly state = new Namespace()
  readonly model = new Model()
  readonly records: JournalRecord[] = []
  readonly writing: { file: FileId; last: number }[] = []
  time = 1

  apply(record: JournalRecord | undefined): void {
    if (record === undefined) return
    // What is applied is what a replay would read.
    const decoded = decodeRecord(new ByteReader(Buffer.from(recordBytes(record))))
    expect(decoded).toEqual(record)
    this.records.push(record)
    this.state.apply(record)
    this.state.takeDead()
  }

  fill(file: FileId, length: number): number {
    let last = 0
    for (let rest = length, index = 0; rest > 0; rest -= 100, index++) {
      this.apply(decide.decideAddBlock(this.state, { file, index, previousLength: last }).record)
      last = Math.min(100, rest)
    }
    return last
  }

  take(step: Step): void {
    const time = ++this.time
    const shape = { replication: 3, blockSize: 100, holder: '1:b:2', time }
    switch (step.do) {
      case 'mkdir':
        this.apply(decide.decideMkdir(this.state, caller, { path: step.path, parents: step.parents, time }))
        this.model.makeParents(step.path)
        if (step.path !== '/') this.model.paths.set(step.path, 'directory')
        return
      case 'put':
      case 'begin': {
        const record = decide.decideCreate(this.state, caller, {
          path: step.path,
          overwrite: step.overwrite,
          parents: true,
          ...shape,
        })
        this.apply(record)
        this.model.makeParents(step.path)
        const last = this.fill(record.file, step.length)
        if (step.do === 'begin') {
          this.writing.push({ file: record.file, last })
          return
        }
        this.apply(decide.decideComplete(this.state, { file: record.file, lastLength: last, time }))
        this.model.paths.set(step.path, step.length)
        return
      }
      case 'delete':
        this.apply(decide.decideDelete(this.state, caller, { path: step.path, recursive: step.recursive, time }))
        for (const below of this.model.below(step.path)) this.model.paths.delete(below)
        this.model.paths.delete(step.path)
        return
      case 'rename': {
        const record = decide.decideRename(this.state, caller, { from: step.path, to: step.to, overwrite: false, time })
        this.apply(record)
        if (record?.type !== 'rename') return
        for (const key of [step.path, ...this.model.below(step.path)]) {
          const value = this.model.paths.get(key)
          this.model.paths.delete(key)
          if (value !== undefined) this.model.paths.set(record.to + key.slice(step.path.length), value)
        }
        return
      }
      case 'end': {
        const open = this.writing[step.which]
        if (open === undefined) return
        this.writing.splice(step.which, 1)
        const node = this.state.open.get(open.file)?.node
        if (step.abandon || node === undefined) {
          this.apply(decide.decideAbandon(this.state, open.file))
          return
        }
        this.apply(decide.decideComplete(this.state, { file: open.file, lastLength: open.last, time }))
        const parts: string[] = []
        for (let at: Inode | undefined = node; at?.parent !== undefined; at = at.parent) parts.unshift(at.name)
        this.model.paths.set(`/${parts.join('/')}`, node.length)
        return
      }
      case 'publish': {
        const files: { name: string; file: FileId }[] = []
        for (let i = 0; i < step.count; i++) {
          const record = decide.decideCreateDetached(this.state, caller, shape)
          this.apply(record)
          const last = this.fill(record.file, 50 * i)
          this.apply(decide.decideComplete(this.state, { file: record.file, lastLength: last, time }))
          files.push({ name: `part-${i}`, file: record.file })
        }
        try {
          this.apply(
            decide.decidePublish(this.state, caller, { directory: step.path, files, overwrite: step.overwrite, time }),
          )
        } catch (error) {
          for (const { file } of files) this.apply(decide.decideAbandon(this.state, file))
          throw error
        }
        for (const below of this.model.below(step.path)) this.model.paths.delete(below)
        this.model.makeParents(step.path)
        this.model.paths.set(step.path, 'directory')
        for (const [i, file] of files.entries()) this.model.paths.set(`${step.path}/${file.name}`, 50 * i)
        return
      }
    }
  }
}

/** What the obvious rules say of a step: the code it must fail with, or undefined. Only what needs no knowledge of open files. */
function expected(model: Model, step: Step): string | undefined {
  switch (step.do) {
    case 'mkdir': {
      const kind = model.kind(step.path)
      if (kind === 'directory' && step.parents) return undefined
      if (kind !== undefined) return 'DFS_EXISTS'
      if (model.blocked(step.path)) return 'DFS_NOT_DIRECTORY'
      return step.parents || model.ancestors(step.path).every((above) => model.kind(above) === 'directory')
        ? undefined
        : 'DFS_NOT_FOUND'
    }
    case 'publish':
      if (step.path === '/') return 'DFS_BAD_ARGUMENT'
      if (model.kind(step.path) !== undefined && !step.overwrite) return 'DFS_EXISTS'
      return model.blocked(step.path) ? 'DFS_NOT_DIRECTORY' : undefined
    case 'rename': {
      if (model.kind(step.path) === undefined) return 'DFS_NOT_FOUND'
      if (step.path === '/') return 'DFS_BAD_ARGUMENT'
      const into = model.kind(step.to) === 'directory'
      const to = into ? `${step.to === '/' ? '' : step.to}/${step.path.slice(step.path.lastIndexOf('/') + 1)}` : step.to
      if (to === step.path && model.kind(step.path) === 'file') return undefined
      const above = to.slice(0, to.lastIndexOf('/')) || '/'
      if (model.blocked(to)) return 'DFS_NOT_DIRECTORY'
      if (model.kind(above) === undefined) return 'DFS_NOT_FOUND'
      if (to === step.path || to.startsWith(`${step.path}/`))
        return to === step.path ? 'DFS_EXISTS' : 'DFS_BAD_ARGUMENT'
      return model.kind(to) === undefined ? undefined : 'DFS_EXISTS'
    }
    default:
      return 'any'
  }
}

test('any sequence of requests leaves what the model says; replaying or loading an image gives the same state', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const run = new Run()
      for (const step of steps) {
        const should = expected(run.model, step)
        const before = step.do === 'publish' ? undefined : picture(run.state)
        try {
          run.take(step)
          if (should !== 'any') expect(should, JSON.stringify(step)).toBe(undefined)
        } catch (error) {
          const got = code(error)
          if (got?.startsWith('DFS_') !== true) throw error
          if (should !== 'any') expect(got, JSON.stringify(step)).toBe(should)
          // A refused request has changed nothing.
          if (before !== undefined && step.do !== 'begin' && step.do !== 'put') expect(picture(run.state)).toBe(before)
        }
        expect(visible(run.state)).toEqual(run.model.paths)
      }
      const replayed = new Namespace()
      for (const record of run.records) replayed.apply(record)
      expect(picture(replayed)).toBe(picture(run.state))
      expect(picture(throughImage(run.state))).toBe(picture(run.state))
    }),
    { numRuns: 300 },
  )
})

describe('ids', () => {
  test('are never given out twice, not even after everything was deleted and the image was loaded', () => {
    let state = new Namespace()
    const seen = new Set<number>()
    for (let round = 0; round < 5; round++) {
      const record = decide.decideCreate(state, caller, {
        path: '/f',
        overwrite: false,
        parents: true,
        replication: 1,
        blockSize: 10,
        holder: '',
        time: 1,
      })
      state.apply(record)
      const added = decide.decideAddBlock(state, { file: record.file, index: 0, previousLength: 0 })
      if (added.record !== undefined) state.apply(added.record)
      expect(seen.has(added.block)).toBe(false)
      seen.add(added.block)
      state.apply({ type: 'complete', file: record.file, lastLength: 10, time: 1 })
      state.apply({ type: 'delete', path: '/f', time: 1 })
      state = throughImage(state)
    }
    expect(state.nextGeneration).toBe(6)
  })
})

describe('a writer loses its file', () => {
  const shape = { replication: 3, blockSize: 100, holder: '', time: 1 }
  const begin = (state: Namespace, path: string, overwrite = false): FileId => {
    const record = decide.decideCreate(state, caller, { path, overwrite, parents: true, ...shape })
    state.apply(record)
    return record.file
  }

  test('when its directory is deleted', () => {
    const state = new Namespace()
    const file = begin(state, '/d/f')
    state.apply({ type: 'delete', path: '/d', time: 1 })
    expect(() => decide.decideComplete(state, { file, lastLength: 0, time: 1 })).toThrow(
      'was completed, abandoned or deleted',
    )
    expect(decide.decideAbandon(state, file)).toBeUndefined()
  })

  test('when another takes over with overwrite, and not without', () => {
    const state = new Namespace()
    const first = begin(state, '/f')
    expect(() => begin(state, '/f')).toThrow('is being written by')
    begin(state, '/f', true)
    expect(() => decide.decideAddBlock(state, { file: first, index: 0, previousLength: 0 })).toThrow(
      'is not being written',
    )
  })

  test('not when its directory is renamed: the file appears there', () => {
    const state = new Namespace()
    const file = begin(state, '/d/f')
    state.apply({ type: 'rename', from: '/d', to: '/e', overwrite: false, time: 1 })
    state.apply(decide.decideComplete(state, { file, lastLength: 0, time: 1 }))
    expect(state.find('/e/f')).toBeInstanceOf(FileNode)
  })

  test('to one who was there first: completing over a file made meanwhile is refused', () => {
    const state = new Namespace()
    const file = begin(state, '/f')
    state.apply({ type: 'mkdir', path: '/g', time: 1, ...made })
    const other = begin(state, '/x')
    state.apply({ type: 'complete', file: other, lastLength: 0, time: 1 })
    state.apply({ type: 'rename', from: '/x', to: '/f', overwrite: false, time: 1 })
    expect(() => decide.decideComplete(state, { file, lastLength: 0, time: 1 })).toThrow('made by someone else')
  })
})

describe('a job commit is refused', () => {
  const state = new Namespace()
  const request = { directory: '/out', overwrite: false, time: 1 }
  const shape = { replication: 3, blockSize: 100, holder: '', time: 1 }
  const open = decide.decideCreateDetached(state, caller, shape)
  state.apply(open)
  const sealed = decide.decideCreateDetached(state, caller, shape)
  state.apply(sealed)
  state.apply({ type: 'complete', file: sealed.file, lastLength: 0, time: 1 })

  test.each([
    ['a file that is still written', [{ name: 'a', file: open.file }], 'still being written'],
    ['a file nobody knows', [{ name: 'a', file: fileId(99) }], 'is no detached file'],
    [
      'the same file twice',
      [
        { name: 'a', file: sealed.file },
        { name: 'b', file: sealed.file },
      ],
      'twice',
    ],
    [
      'two files of one name',
      [
        { name: 'a', file: sealed.file },
        { name: 'a', file: open.file },
      ],
      'still being written',
    ],
    ['a name with a slash', [{ name: 'a/b', file: sealed.file }], 'bad path'],
  ])('with %s', (_, files, message) => {
    expect(() => decide.decidePublish(state, caller, { ...request, files })).toThrow(message)
  })
})

test('an image with an end missing, or with entries that do not belong, is refused', () => {
  const state = new Namespace()
  state.apply({ type: 'mkdir', path: '/a/b', time: 1, ...made })
  const sections = [...encodeImage(state)]
  const [first, second] = sections
  if (first === undefined || second === undefined) throw new Error('too few sections')
  const load = (...parts: typeof sections): Namespace => {
    const loader = new ImageLoader()
    for (const part of parts) loader.add(part)
    return loader.finish()
  }
  expect(() => load()).toThrow('empty')
  expect(() => load(first)).toThrow('fewer entries')
  expect(() => load(first, { ...second, records: 1 })).toThrow('more than its entries')
  expect(() => load(first, { records: 1, payload: Buffer.from([9]) })).toThrow()
  expect(() => load(first, { records: 1, payload: Buffer.from([1, 50, 40, 0, 0, 0, 0, 0, 0]) })).toThrow(
    'no directory 40',
  )
})

test('a record of an unknown type, a number too long or a text past the end is refused', () => {
  for (const bytes of [[99], [1, 200], [1, 5, 65], [3, 255, 255, 255, 255, 255, 255, 255, 255, 1], []]) {
    expect(() => decodeRecord(new ByteReader(Buffer.from(bytes)))).toThrow()
  }
})
