/**
 * Append, truncate, concat, snapshots and quotas against a model in which a file is a text and a snapshot a copy of a map.
 * What the namespace has of a file is told by its blocks, each of which stands for the text that was written into it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BlockId, FileId } from '../../../dfs/base/ids.ts'
import * as decide from '../../../dfs/namenode/decide.ts'
import { DirectoryNode, FileNode, pathOf } from '../../../dfs/namenode/inode.ts'
import { lookUp } from '../../../dfs/namenode/lookup.ts'
import { Namespace } from '../../../dfs/namenode/namespace.ts'
import type { JournalRecord } from '../../../dfs/namenode/records.ts'
import { code } from '../harness.ts'
import { caller, checkInvariants, picture, replay, throughImage } from './state.ts'

const path = fc.constantFrom('/d', '/d/f', '/d/g', '/d/e/f', '/d/e', '/e', '/e/f', '/e/g/h', '/')
const file = fc.constantFrom('/d/f', '/d/e/f', '/e/f')
const directory = fc.constantFrom('/d', '/e', '/')
const snapshot = fc.constantFrom('s1', 's2')
const limit = fc.option(fc.nat(12), { nil: null })
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name)
const steps = {
  mkdir: fc.record({ do: kind('mkdir'), path }),
  put: fc.record({ do: kind('put'), path, overwrite: fc.boolean(), length: fc.nat(35) }),
  begin: fc.record({ do: kind('begin'), path, overwrite: fc.boolean(), length: fc.nat(35) }),
  append: fc.record({ do: kind('append'), path: file, length: fc.nat(25), leave: fc.boolean() }),
  truncate: fc.record({
    do: kind('truncate'),
    path: file,
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    leave: fc.boolean(),
  }),
  end: fc.record({ do: kind('end'), which: fc.nat(4), abandon: fc.boolean() }),
  concat: fc.record({ do: kind('concat'), path: file, sources: fc.array(file, { minLength: 1, maxLength: 2 }) }),
  delete: fc.record({ do: kind('delete'), path, recursive: fc.boolean() }),
  rename: fc.record({ do: kind('rename'), path, to: path, overwrite: fc.boolean() }),
  setReplication: fc.record({ do: kind('setReplication'), path, replication: fc.integer({ min: 1, max: 3 }) }),
  setPermission: fc.record({ do: kind('setPermission'), path, permission: fc.constantFrom(0o700, 0o1777) }),
  setOwner: fc.record({ do: kind('setOwner'), path, owner: fc.constantFrom('ada', 'bob') }),
  setQuota: fc.record({
    do: kind('setQuota'),
    path,
    names: limit,
    space: limit.map((value) => (value === null ? null : value * 20)),
  }),
  allowSnapshot: fc.record({ do: kind('allowSnapshot'), path: directory }),
  disallowSnapshot: fc.record({ do: kind('disallowSnapshot'), path: directory }),
  createSnapshot: fc.record({ do: kind('createSnapshot'), path: directory, name: snapshot }),
  deleteSnapshot: fc.record({ do: kind('deleteSnapshot'), path: directory, name: snapshot }),
  renameSnapshot: fc.record({ do: kind('renameSnapshot'), path: directory, from: snapshot, to: snapshot }),
  answer: fc.record({ do: kind('answer'), sequence: fc.nat(5) }),
}
const step = fc.oneof(...Object.values(steps))
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

type Tree = Map<string, string | undefined>

class World {
  readonly state = new Namespace()
  readonly records: JournalRecord[] = []
  readonly texts = new Map<BlockId, string>()
  /** Undefined for a directory. */
  readonly tree: Tree = new Map([['/', undefined]])
  readonly snapshots = new Map<string, Tree>()
  readonly writing: { file: FileId; kept: string; added: string; last: number }[] = []
  time = 1_000_000
  letter = 0

  apply(record: JournalRecord | undefined): void {
    if (record === undefined) return
    this.records.push(record)
    this.state.apply(record)
    this.state.takeDead()
  }

  /** Blocks of ten. Where the quota ends it, what is there by then is taken back. */
  write(file: FileId, text: string): number {
    let last = 0
    for (let at = 0, index = 0; at < text.length; at += 10, index++) {
      const request = { file, index, previousLength: last }
      const { record, block } = this.guarded(file, () => decide.decideAddBlock(this.state, request))
      this.apply(record)
      expect(decide.decideAddBlock(this.state, request)).toMatchObject({ record: undefined, block })
      this.texts.set(block, text.slice(at, at + 10))
      last = Math.min(10, text.length - at)
    }
    const block = this.state.open.get(file)?.node.blocks.at(-1)
    if (block !== undefined) {
      const request = { file, block: block.id, previous: block.generation }
      this.apply(decide.decideNewGeneration(this.state, request).record)
      expect(decide.decideNewGeneration(this.state, request)).toEqual({
        record: undefined,
        generation: block.generation,
      })
    }
    return last
  }

  guarded<T>(file: FileId, action: () => T): T {
    try {
      return action()
    } catch (error) {
      this.apply(decide.decideAbandon(this.state, file))
      throw error
    }
  }

  text(length: number): string {
    return Array.from({ length }, () => String.fromCharCode(97 + (this.letter++ % 26))).join('')
  }

  addParents(at: string): void {
    const parts = at.split('/')
    for (let i = 1; i < parts.length - 1; i++) this.tree.set(parts.slice(0, i + 1).join('/'), undefined)
  }

  complete(open: World['writing'][number]): void {
    const entry = this.state.open.get(open.file)
    const record = decide.decideComplete(this.state, { file: open.file, lastLength: open.last, time: this.time })
    const at = entry === undefined ? '' : pathOf(entry.base ?? entry.node)
    this.apply(record)
    this.tree.set(at, open.kept + open.added)
  }

  begin(at: string, overwrite: boolean, length: number): void {
    const request = { path: at, overwrite, parents: true, replication: 2, blockSize: 10, holder: 'h', time: this.time }
    const record = decide.decideCreate(this.state, caller, request)
    this.apply(record)
    this.addParents(at)
    const added = this.text(length)
    const last = this.write(record.file, added)
    this.writing.push({ file: record.file, kept: '', added, last })
  }

  reopen(at: string, keep: 'all' | number, length: number): void {
    const request = { path: at, keep, holder: 'h', rewriteBlockBytes: 5 }
    const { record, file, rewrite } = decide.decideReopen(this.state, caller, request)
    const kept = file.blocks.slice(0, record.keep).reduce((sum, block) => sum + (this.texts.get(block.id) ?? ''), '')
    const again = rewrite === undefined ? '' : (this.texts.get(rewrite.block.id) ?? '').slice(0, rewrite.length)
    if (rewrite !== undefined) expect(rewrite.offset).toBe(kept.length)
    expect(kept + again).toBe((this.tree.get(at) ?? '').slice(0, keep === 'all' ? undefined : keep))
    this.apply(record)
    const added = again + this.text(length)
    this.writing.push({ file: record.file, kept, added, last: this.write(record.file, added) })
  }

  endLast(leave: boolean): void {
    const open = leave ? undefined : this.writing.pop()
    if (open !== undefined) this.guarded(open.file, () => this.complete(open))
  }

  move(from: string, to: string): void {
    for (const [key, value] of [...this.tree]) {
      if (key !== from && !key.startsWith(`${from}/`)) continue
      this.tree.delete(key)
      this.tree.set(to + key.slice(from.length), value)
    }
  }

  remove(at: string): void {
    for (const key of [...this.tree.keys()]) if (key === at || key.startsWith(`${at}/`)) this.tree.delete(key)
  }

  take(step: Step): void {
    const { state } = this
    const time = ++this.time
    switch (step.do) {
      case 'mkdir':
        this.apply(decide.decideMkdir(state, caller, { path: step.path, parents: true, time }))
        this.addParents(step.path)
        this.tree.set(step.path, undefined)
        return
      case 'put':
      case 'begin':
        this.begin(step.path, step.overwrite, step.length)
        this.endLast(step.do === 'begin')
        return
      case 'append':
        this.reopen(step.path, 'all', step.length)
        this.endLast(step.leave)
        return
      case 'truncate':
        this.reopen(step.path, Math.floor(step.part * (this.tree.get(step.path)?.length ?? 0)), 0)
        this.endLast(step.leave)
        return
      case 'end': {
        const [open] = this.writing.splice(step.which, 1)
        if (open === undefined) return
        if (step.abandon) this.apply(decide.decideAbandon(state, open.file))
        else this.guarded(open.file, () => this.complete(open))
        return
      }
      case 'concat': {
        this.apply(decide.decideConcat(state, caller, { ...step, time }))
        const text = step.sources.reduce(
          (sum, source) => sum + (this.tree.get(source) ?? ''),
          this.tree.get(step.path) ?? '',
        )
        for (const source of step.sources) this.tree.delete(source)
        this.tree.set(step.path, text)
        return
      }
      case 'delete':
        this.apply(decide.decideDelete(state, caller, { ...step, time }))
        this.remove(step.path)
        return
      case 'rename': {
        const record = decide.decideRename(state, caller, { ...step, from: step.path, time })
        this.apply(record)
        if (record?.type !== 'rename') return
        this.remove(record.to)
        this.move(step.path, record.to)
        return
      }
      case 'setReplication':
        this.apply(decide.decideSetReplication(state, caller, step))
        return
      case 'setPermission':
        this.apply(decide.decideSetPermission(state, caller, step))
        return
      case 'setOwner':
        this.apply(decide.decideSetOwner(state, caller, step))
        return
      case 'setQuota':
        this.apply(decide.decideSetQuota(state, caller, step))
        return
      case 'allowSnapshot':
        this.apply(decide.decideAllowSnapshot(state, caller, step))
        return
      case 'disallowSnapshot':
        this.apply(decide.decideDisallowSnapshot(state, caller, step))
        return
      case 'createSnapshot':
        this.apply(decide.decideCreateSnapshot(state, caller, { ...step, time }))
        this.snapshots.set(`${step.path}\n${step.name}`, this.below(step.path))
        return
      case 'deleteSnapshot':
        this.apply(decide.decideDeleteSnapshot(state, caller, { ...step, time }))
        this.snapshots.delete(`${step.path}\n${step.name}`)
        return
      case 'renameSnapshot': {
        this.apply(decide.decideRenameSnapshot(state, caller, { ...step, time }))
        const copy = this.snapshots.get(`${step.path}\n${step.from}`)
        this.snapshots.delete(`${step.path}\n${step.from}`)
        if (copy !== undefined) this.snapshots.set(`${step.path}\n${step.to}`, copy)
        return
      }
      case 'answer':
        this.apply({ type: 'answer', client: 'c', sequence: step.sequence, answer: '{}', time })
        return
    }
  }

  /** What is below a directory, by relative paths. */
  below(at: string): Tree {
    const prefix = at === '/' ? '/' : `${at}/`
    const found: Tree = new Map()
    for (const [key, value] of this.tree)
      if (key.startsWith(prefix) && key !== '/') found.set(key.slice(prefix.length), value)
    return found
  }

  /** The same, of the namespace. */
  seen(at: string): Tree {
    const found: Tree = new Map()
    const walk = (node: DirectoryNode, prefix: string): void => {
      for (const [name, child] of node.children ?? []) {
        if (child instanceof FileNode) {
          found.set(
            prefix + name,
            child.blocks.reduce((sum, block) => sum + (this.texts.get(block.id) ?? '').slice(0, block.length), ''),
          )
        } else {
          found.set(prefix + name, undefined)
          walk(child, `${prefix}${name}/`)
        }
      }
    }
    const { node } = lookUp(this.state, at, caller)
    expect(node).toBeInstanceOf(DirectoryNode)
    if (node instanceof DirectoryNode) walk(node, '')
    return found
  }

  check(): void {
    expect(this.seen('/')).toEqual(this.below('/'))
    for (const [key, tree] of this.snapshots) expect(this.seen(key.replace('\n', '/.snapshot/'))).toEqual(tree)
    checkInvariants(this.state)
  }
}

/** There is something to be changed from the start. */
const first: Step[] = [
  { do: 'put', path: '/d/f', overwrite: false, length: 23 },
  { do: 'put', path: '/d/e/f', overwrite: false, length: 10 },
  { do: 'put', path: '/e/f', overwrite: false, length: 14 },
  { do: 'allowSnapshot', path: '/d' },
  { do: 'createSnapshot', path: '/d', name: 's1' },
]

/** Behind those: one of each kind that comes to pass, whatever is drawn besides. */
const everyKind: Step[] = [
  { do: 'put', path: '/d/g', overwrite: false, length: 7 },
  { do: 'begin', path: '/d/g', overwrite: true, length: 9 },
  { do: 'end', which: 0, abandon: false },
  { do: 'append', path: '/e/f', length: 3, leave: false },
  { do: 'truncate', path: '/e/f', part: 0.5, leave: false },
  { do: 'concat', path: '/e/f', sources: ['/d/f'] },
  { do: 'mkdir', path: '/e/g/h' },
  { do: 'rename', path: '/d/g', to: '/e/g/h', overwrite: false },
  { do: 'setReplication', path: '/e/f', replication: 2 },
  { do: 'setPermission', path: '/e/f', permission: 0o700 },
  { do: 'setOwner', path: '/e/f', owner: 'ada' },
  { do: 'setQuota', path: '/e', names: 12, space: null },
  { do: 'delete', path: '/d/e', recursive: true },
  { do: 'renameSnapshot', path: '/d', from: 's1', to: 's2' },
  { do: 'deleteSnapshot', path: '/d', name: 's2' },
  { do: 'disallowSnapshot', path: '/d' },
  { do: 'answer', sequence: 1 },
]

test('any sequence of changes reads back as the model has it, snapshots too; replaying or loading an image gives the same', () => {
  const done = new Map<string, number>()
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const world = new World()
      for (const step of [...first, ...steps]) {
        const before = picture(world.state)
        try {
          world.take(step)
          done.set(step.do, (done.get(step.do) ?? 0) + 1)
        } catch (error) {
          if (code(error)?.startsWith('DFS_') !== true) throw error
          const ended = ['put', 'begin', 'append', 'truncate', 'end'].includes(step.do)
          if (!ended) expect(picture(world.state)).toBe(before)
          // A writer that failed has made the directories above its file.
          if (step.do === 'put' || step.do === 'begin')
            for (const [at, value] of world.seen('/')) world.tree.set(`/${at}`, value)
        }
        world.check()
      }
      const replayed = replay(world.records)
      expect(picture(replayed)).toBe(picture(world.state))
      const loaded = throughImage(world.state)
      expect(picture(loaded)).toBe(picture(world.state))
      checkInvariants(loaded)
    }),
    { numRuns: 150, examples: [[everyKind]] },
  )
  // Each kind came to pass, not only to its refusal.
  expect([...done.keys()].sort()).toEqual(Object.keys(steps).sort())
})
