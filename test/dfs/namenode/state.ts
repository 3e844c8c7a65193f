import { encodeImage } from '../../../dfs/namenode/image.ts'
import { ImageLoader } from '../../../dfs/namenode/image-loader.ts'
import { FileNode, type Inode } from '../../../dfs/namenode/inode.ts'
import type { Namespace } from '../../../dfs/namenode/namespace.ts'
import type { Caller } from '../../../dfs/namenode/permission.ts'

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
    lines.push(`${path}/ directory ${node.id} ${times} ${node.owner.user} ${node.permission}`)
    for (const name of [...(node.children?.keys() ?? [])].sort()) {
      const child = node.child(name)
      if (child !== undefined) show(child, `${path}/${name}`)
    }
    for (const [name, file] of [...(node.underConstruction ?? [])].sort()) lines.push(`${path}/${name} by ${file.id}`)
  }
  show(state.root, '')
  for (const [id, open] of [...state.open].sort((a, b) => a[0] - b[0])) {
    const blocks = open.node.blocks.map((block) => `${block.id}.${block.generation}:${block.length}`).join()
    lines.push(`open ${id} ${open.kind} ${open.sealed} ${open.overwrite} ${open.holder} ${blocks}`)
  }
  const { nextFile, nextBlock, nextGeneration, files, directories } = state
  lines.push(JSON.stringify({ nextFile, nextBlock, nextGeneration, files, directories, blocks: state.blocks.size }))
  return lines.join('\n')
}

export function throughImage(state: Namespace): Namespace {
  const loader = new ImageLoader()
  for (const section of encodeImage(state)) if (section.records > 0) loader.add(section)
  return loader.finish()
}
