import type { Metafile } from 'esbuild'

/**
 * Splitting gives a chunk to each set of entries that share code, most of them a few lines long, and a file costs a
 * start more than most chunks do by their bytes. Here it is decided which chunks are better one file, though some
 * commands then load code they do not use. A start loads an entry, with what that
 * loads statically, after whatever asked for it.
 */

/** What loading a file costs beside its bytes, in bytes. */
const fileBytes = 12_000
/** And what a module of Node's or of a package costs where nothing else loads it. */
const builtinBytes = 30_000
const packageBytes = 1_000_000
/** What a start may load in vain. */
const vainBytesMax = 24_000

interface Chunk {
  modules: readonly string[]
  bytes: number
  /** Loaded with it. */
  imports: Set<Chunk>
  packages: Set<string>
}

interface Entry {
  readonly module: string
  /** Its own output: what no other entry shares stays in it. */
  readonly chunk: Chunk
  /** What imports it on demand; none for one that is addressed by its path. */
  readonly asking: Chunk[]
}

/** For each module that is an entry, statically or by `import()`: the modules it is to load besides, so that chunks fall together. */
export function mergeChunks({ outputs }: Metafile, first: ReadonlySet<string>): Map<string, Set<string>> {
  const { chunks, entries } = read(outputs, first)
  const merged = new Set<Chunk>()
  const needed = startsOf(entries).map(bytesOf)
  let candidates = chunks
  for (;;) {
    const best = bestPair(candidates, startsOf(entries), needed)
    if (best === undefined) break
    const [into, other] = best
    into.modules = [...into.modules, ...other.modules]
    into.bytes += other.bytes
    for (const name of other.packages) into.packages.add(name)
    for (const chunk of other.imports) into.imports.add(chunk)
    for (const { imports } of [...candidates, ...entries.map(({ chunk }) => chunk)]) {
      if (imports.delete(other)) imports.add(into)
    }
    into.imports.delete(into)
    merged.add(into).delete(other)
    candidates = candidates.filter((chunk) => chunk !== other)
  }
  return new Map(
    entries.map(({ module, chunk }) => [
      module,
      new Set([...closure(chunk)].filter((one) => merged.has(one)).flatMap(({ modules }) => modules)),
    ]),
  )
}

function read(outputs: Metafile['outputs'], first: ReadonlySet<string>): { chunks: Chunk[]; entries: Entry[] } {
  const byPath = new Map(
    Object.entries(outputs).map(([path, { inputs }]): [string, Chunk] => {
      const modules = Object.keys(inputs)
      const bytes = Object.values(inputs).reduce((sum, { bytesInOutput }) => sum + bytesInOutput, 0)
      return [path, { modules, bytes, imports: new Set(), packages: new Set() }]
    }),
  )
  const entries = new Map<Chunk, Entry>()
  const later: { from: Chunk; to: Chunk }[] = []
  for (const [path, { entryPoint, imports }] of Object.entries(outputs)) {
    const chunk = byPath.get(path)
    if (chunk === undefined) continue
    if (entryPoint !== undefined) entries.set(chunk, { module: entryPoint, chunk, asking: [] })
    for (const { path: to, kind, external } of imports) {
      const target = byPath.get(to)
      if (target === undefined) {
        if (external === true && kind === 'import-statement') chunk.packages.add(to)
      } else if (kind === 'import-statement') chunk.imports.add(target)
      else if (kind === 'dynamic-import') later.push({ from: chunk, to: target })
    }
  }
  for (const entry of entries.values()) {
    if (first.has(entry.module)) continue
    for (const { from, to } of later) if (to === entry.chunk) entry.asking.push(from)
  }
  return { chunks: [...byPath.values()].filter((chunk) => !entries.has(chunk)), entries: [...entries.values()] }
}

function closure(chunk: Chunk, into: Set<Chunk> = new Set()): Set<Chunk> {
  if (into.has(chunk)) return into
  into.add(chunk)
  for (const one of chunk.imports) closure(one, into)
  return into
}

/** The two chunks whose union saves all starts together most; undefined where none does. */
function bestPair(
  chunks: readonly Chunk[],
  starts: readonly Start[],
  needed: readonly number[],
): [Chunk, Chunk] | undefined {
  const spare = new Map(starts.map((start, index) => [start, (needed[index] ?? 0) + vainBytesMax - bytesOf(start)]))
  const closures = new Map(chunks.map((chunk) => [chunk, [...closure(chunk)]]))
  const loading = new Map(chunks.map((chunk) => [chunk, starts.filter(({ loaded }) => loaded.has(chunk))]))
  let best: { pair: [Chunk, Chunk]; saved: number } | undefined
  for (const [index, one] of chunks.entries()) {
    for (const other of chunks.slice(index + 1)) {
      let saved = 0
      const loadOne = loading.get(one) ?? []
      const loadOther = loading.get(other) ?? []
      for (const start of new Set([...loadOne, ...loadOther])) {
        const missing = start.loaded.has(one) ? other : one
        const bytes = start.loaded.has(missing) ? 0 : added(start, closures.get(missing) ?? [])
        saved += bytes > (spare.get(start) ?? 0) ? Number.NEGATIVE_INFINITY : fileBytes - bytes
      }
      if (saved > (best?.saved ?? 0)) best = { pair: [one, other], saved }
    }
  }
  return best?.pair
}

interface Start {
  readonly loaded: ReadonlySet<Chunk>
  readonly packages: ReadonlySet<string>
}

/** An entry is loaded after whatever all who may ask for it have in common. */
function startsOf(entries: readonly Entry[]): Start[] {
  const loaded = new Map<Entry, ReadonlySet<Chunk>>()
  for (let changed = true; changed; ) {
    changed = false
    for (const entry of entries) {
      const own = closure(entry.chunk)
      const before = entry.asking.flatMap((chunk) =>
        entries.filter((one) => closure(one.chunk).has(chunk)).flatMap((one) => loaded.get(one) ?? []),
      )
      const [one, ...others] = before
      const surely = [...(one ?? [])].filter((chunk) => others.every((other) => other.has(chunk)))
      const all = new Set([...own, ...surely])
      if (all.size === loaded.get(entry)?.size) continue
      loaded.set(entry, all)
      changed = true
    }
  }
  return entries.map((entry) => {
    const chunks = loaded.get(entry) ?? new Set<Chunk>()
    return { loaded: chunks, packages: new Set([...chunks].flatMap(({ packages }) => [...packages])) }
  })
}

const bytesOf = ({ loaded }: Start): number => [...loaded].reduce((sum, { bytes }) => sum + bytes, 0)

/** What a start loads more for these chunks. */
function added({ loaded, packages }: Start, chunks: readonly Chunk[]): number {
  let bytes = 0
  for (const chunk of chunks) {
    if (loaded.has(chunk)) continue
    bytes += fileBytes + chunk.bytes
    for (const name of chunk.packages) {
      if (!packages.has(name)) bytes += name.startsWith('node:') ? builtinBytes : packageBytes
    }
  }
  return bytes
}
