import { expect } from 'vitest'
import { ByteReader } from '../../../dfs/base/bytes.ts'
import { encodeImage } from '../../../dfs/namenode/image.ts'
import { ImageLoader } from '../../../dfs/namenode/image-loader.ts'
import { type Block, FileNode, type Inode, pathOf } from '../../../dfs/namenode/inode.ts'
import { Namespace } from '../../../dfs/namenode/namespace.ts'
import type { Caller } from '../../../dfs/namenode/permission.ts'
import { decodeRecord, type JournalRecord, recordBytes } from '../../../dfs/namenode/records.ts'

/** Who does what tests do not care who does. */
export const owner = { user: 'someone', group: 'supergroup' }
export const caller: Caller = { user: 'someone', groups: ['supergroup'], superuser: true }
export const made = { owner, permission: 0o755, parentPermission: 0o755 }

/** Everything that can be seen of a state, as text. */
export function picture(state: Namespace): string {
  const lines: string[] = []
  const show = (node: Inode, path: string): void => {
    const times = `${node.modificationTime} ${node.accessTime}`
    if (node instanceof FileNode) {
      const blocks = node.blocks.map((block) => `${block.id}.${block.generation}:${block.length}`).join()
      lines.push(`${path} file ${node.id} ${times} ${JSON.stringify(node.attributes)} ${blocks}`)
      return
    }
    const quota = state.quotas.get(node)
    const { user, group } = node.owner
    lines.push(`${path}/ directory ${node.id} ${times} ${user} ${group} ${node.permission} ${JSON.stringify(quota)}`)
    for (const [name, { id, createdTime, root }] of state.snapshots.get(node)?.snapshots ?? []) {
      lines.push(`snapshot ${id} ${name} ${createdTime}`)
      show(root, `${path}/.snapshot/${name}`)
    }
    if (state.snapshots.get(node) !== undefined) lines.push('snapshottable')
    for (const name of [...(node.children?.keys() ?? [])].sort()) {
      const child = node.child(name)
      if (child !== undefined) show(child, `${path}/${name}`)
    }
    for (const [name, file] of [...(node.underConstruction ?? [])].sort()) lines.push(`${path}/${name} by ${file.id}`)
  }
  show(state.root, '')
  for (const [id, open] of [...state.open].sort((a, b) => a[0] - b[0])) {
    const blocks = open.node.blocks.map((block) => `${block.id}.${block.generation}:${block.length}`).join()
    const base = open.base === undefined ? '' : `of ${pathOf(open.base)} ${open.keep}`
    lines.push(`open ${id} ${open.kind} ${open.sealed} ${open.overwrite} ${open.holder} ${blocks} ${base}`)
  }
  for (const block of [...state.blocks.values()].sort((a, b) => a.id - b.id)) {
    lines.push(`block ${block.id} of ${block.file.id} ${block.file.attributes.replication}`)
  }
  lines.push(JSON.stringify([state.snapshots.nextId, [...state.answers.values()]]))
  const { nextFile, nextBlock, nextGeneration, files, directories } = state
  lines.push(JSON.stringify({ nextFile, nextBlock, nextGeneration, files, directories, blocks: state.blocks.size }))
  return lines.join('\n')
}

export function throughImage(state: Namespace): Namespace {
  const loader = new ImageLoader()
  for (const section of encodeImage(state)) if (section.records > 0) loader.add(section)
  return loader.finish()
}

export function replay(records: readonly JournalRecord[]): Namespace {
  const state = new Namespace()
  for (const record of records) state.apply(decodeRecord(new ByteReader(Buffer.from(recordBytes(record)))))
  state.takeDead()
  return state
}

/** What is kept twice has to agree: counts, quotas' usage, who has which block. */
export function checkInvariants(state: Namespace): void {
  const owners = new Map<Block, FileNode>()
  let files = 0
  let directories = 0
  const walk = (node: Inode, own: (block: Block, file: FileNode) => void, count: boolean): void => {
    if (node instanceof FileNode) {
      if (count) files++
      for (const block of node.blocks) own(block, node)
      return
    }
    if (count) directories++
    for (const [name, child] of node.children ?? []) {
      expect(child.name).toBe(name)
      if (count) expect(child.parent).toBe(node)
      walk(child, own, count)
    }
  }
  walk(
    state.root,
    (block, file) => {
      expect(owners.has(block)).toBe(false)
      owners.set(block, file)
    },
    true,
  )
  for (const { node } of state.open.values()) for (const block of node.blocks) owners.set(block, node)
  for (const { snapshot } of state.snapshots.all()) {
    walk(
      snapshot.root,
      (block, file) => {
        if (!owners.has(block)) owners.set(block, file)
      },
      false,
    )
  }
  expect({ files, directories }).toEqual({ files: state.files, directories: state.directories })
  expect(new Set(state.blocks.values())).toEqual(new Set(owners.keys()))
  for (const [block, file] of owners) expect(block.file).toBe(file)
  for (const [directory, { names, space }] of state.quotas.entries()) {
    expect({ names, space }).toEqual(state.usage(directory))
  }
}
