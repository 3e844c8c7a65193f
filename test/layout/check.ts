import path from 'node:path'
import type { SourceFile } from './source.ts'
import type { LayoutRow, PureCore } from './table.ts'

/** Every breach is a sentence that names the file. */
export type Breach = string

/** Folders whose whole subject is the tests or the tools: they may reach everything. */
const free = ['test']
/** Nothing may import these. */
const roots = ['bin', 'test', 'bench', 'scripts']

export function forbiddenEdges(files: readonly SourceFile[], table: Readonly<Record<string, LayoutRow>>): Breach[] {
  return files.flatMap((file) => {
    const folder = path.posix.dirname(file.path)
    if (free.includes(top(file.path))) return []
    const row = table[folder]
    if (!row) return [`${file.path}: its folder stands in no row of the table`]
    return file.edges.flatMap(({ to, loads }) => {
      if (to.startsWith('node:')) return []
      if (!isOurs(to)) {
        return (row.packages ?? []).includes(to) || !loads ? [] : [`${file.path} loads the package ${to}`]
      }
      const home = path.posix.dirname(to)
      const open = loads ? row.imports : [...row.imports, ...(row.types ?? [])]
      const allowed = home === folder || open.includes(home) || open.includes(to)
      const foreign = roots.includes(top(to)) && top(to) !== top(file.path)
      return allowed && !foreign ? [] : [`${file.path} ${loads ? 'imports' : 'takes types from'} ${to}`]
    })
  })
}

/** Circles of files that load each other, each told once: `a -> b -> a`. */
export function cycles(files: readonly SourceFile[]): Breach[] {
  const edges = new Map(files.map((file) => [file.path, loadedFiles(file)]))
  const found: Breach[] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (file: string): void => {
    const seenAt = trail.indexOf(file)
    if (seenAt >= 0) found.push([...trail.slice(seenAt), file].join(' -> '))
    if (seenAt >= 0 || done.has(file)) return
    trail.push(file)
    for (const to of edges.get(file) ?? []) visit(to)
    trail.pop()
    done.add(file)
  }
  for (const file of edges.keys()) visit(file)
  return found
}

/**
 * A pure core decides from its arguments alone: it reaches no disk, socket, timer, clock or chance, and nor does any file
 * it loads.
 */
export function impurities(files: readonly SourceFile[], core: PureCore): Breach[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const found: Breach[] = []
  const visit = (file: SourceFile, trail: readonly string[]): void => {
    const here = [...trail, file.path]
    for (const { to, loads } of file.edges) {
      if (loads && core.modules.includes(to)) found.push(`${here.join(' -> ')} -> ${to}`)
      const next = byPath.get(to)
      if (loads && next && !here.includes(to)) visit(next, here)
    }
    for (const name of core.names) {
      if (new RegExp(`(?<![\\w.])${name.replace('.', '\\.')}\\b`).test(file.code))
        found.push(`${here.join(' -> ')} uses ${name}`)
    }
  }
  for (const entry of core.files) {
    const file = byPath.get(entry)
    if (file) visit(file, [])
    else found.push(`${entry} is named as a pure core and is not there`)
  }
  return [...new Set(found)]
}

export function forbiddenNames(files: readonly SourceFile[], names: readonly string[]): Breach[] {
  return files.flatMap((file) => {
    const parts = file.path.split('/').map((part) => part.replace(/(\.test|\.hunt)?\.ts$/, ''))
    return parts
      .filter((part) => names.includes(part))
      .map((part) => `${file.path}: "${part}" says nothing of its subject`)
  })
}

export function longFiles(
  files: readonly SourceFile[],
  limit: number,
  exceptions: Readonly<Record<string, number>>,
): Breach[] {
  const tooLong = files.filter((file) => file.lines > (exceptions[file.path] ?? limit))
  const needless = Object.keys(exceptions).filter(
    (name) => !files.some((file) => file.path === name && file.lines > limit),
  )
  return [
    ...tooLong.map((file) => `${file.path} has ${file.lines} lines, its limit is ${exceptions[file.path] ?? limit}`),
    ...needless.map((name) => `${name} needs no exception`),
  ]
}

function loadedFiles(file: SourceFile): string[] {
  return file.edges.filter((edge) => edge.loads && isOurs(edge.to)).map((edge) => edge.to)
}

function isOurs(to: string): boolean {
  return to.endsWith('.ts')
}

function top(file: string): string {
  return file.split('/')[0] ?? ''
}

/** Hooks that a module would set for the first test file alone that loads it: a process keeps its modules. */
export function sharedHooks(files: readonly SourceFile[]): Breach[] {
  const shared = files.filter(({ path }) => path.startsWith('test/') && !/\.(test|hunt)\.ts$/.test(path))
  return shared.flatMap(({ path, code }) => {
    const hook = /^(?:before|after)(?:All|Each)\(/m.exec(code)?.[0]
    return hook === undefined ? [] : [`${path} calls ${hook}…) when it is loaded`]
  })
}
