import { rmSync } from 'node:fs'
import path from 'node:path'
import { counter } from '../base/counters.ts'
import { openSource } from '../input/byte-source.ts'
import { ChunkSpace } from '../input/chunk-space.ts'
import { text } from '../input/format.ts'
import { openReader } from '../input/open-reader.ts'
import type { RecordReader } from '../input/record-reader.ts'
import type { JoinSideName } from '../job.ts'
import type { InputFile, MapTask, TaskDone } from '../master/task.ts'
import { directOutput } from '../output/direct-output.ts'
import { openOutput } from '../output/open-output.ts'
import { Decoder } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import { type EngineJoin, joinOf } from '../task/engine-job.ts'
import { needleOf } from '../task/needle.ts'
import { type TaskEnvironment, userStep, type WorkerEnvironment } from '../task/task-environment.ts'
import { reduceError } from '../task/user-error.ts'
import { HeldRows } from './held-rows.ts'
import { JoinRows } from './join-rows.ts'
import { asSeen, holdsNull, keySeen } from './side-record.ts'
import { compareEncoded, SortedSide } from './sorted-side.ts'

interface OpenFile {
  readonly reader: RecordReader
  close(): void
}

/**
 * Joins part n of one side with part n of the other, both sorted by key: one pass over both, no shuffle. Order and
 * partitions are verified on the way; what only all tasks together can tell, `alike` of their results, is the master's to
 * check before it commits. Output: by key, within a key as `joinSorted` has it; rows with a null key where they stand.
 */
export class MergeJoin {
  private readonly join: EngineJoin
  private readonly chunks: Readonly<Record<JoinSideName, ChunkSpace>>
  private readonly heldRegion: Buffer
  /** Records of the sides that the task passed over. */
  private passed = 0

  constructor({ job, space, plan }: WorkerEnvironment) {
    this.join = joinOf(job, plan.params)
    const { arena } = space
    this.chunks = { left: space.chunk, right: new ChunkSpace(arena, space.kernels, plan.memoryBytes) }
    const heldBytes = Math.floor(arena.free / 2)
    const at = arena.reserve(heldBytes)
    this.heldRegion = arena.bytes.subarray(at, at + heldBytes)
  }

  async run(task: MapTask, env: TaskEnvironment): Promise<TaskDone> {
    const { ctx } = env
    const place = { partition: task.task, partitions: 0, groupBy: 0 }
    const writer = openOutput(task.outputFile, env.format, env.space.writeBuffer, place)
    const heldSide = env.plan.join?.held ?? 'right'
    const output = directOutput(writer)
    const rows = new JoinRows({
      join: this.join,
      held: heldSide,
      emit: output.emit,
      ctx,
      checked: env.plan.checked,
      beat: () => env.progress.beat(),
      userError: (cause, key) => reduceError('join', cause, key),
    })
    const held = new HeldRows(this.heldRegion, path.join(env.plan.scratch, `map-${task.task}.${task.attempt}.held`))
    let sides: Readonly<Record<JoinSideName, SortedSide>>
    try {
      await userStep('setup', () => env.job.setup?.(ctx))
      sides = await this.joinParts(task, env, rows, held, heldSide)
    } catch (error) {
      writer.abandon()
      throw error
    } finally {
      held.close()
    }
    const outputBytes = writer.close()
    const { left, right } = sides
    return {
      ok: true,
      counters: {
        [counter.mapInputRecords]: left.records + right.records + this.passed,
        [counter.mapInputBytes]: task.segments.reduce((sum, segment) => sum + segment.length, 0),
        [counter.mapOutputRecords]: output.records,
        [counter.outputRecords]: writer.records,
        [counter.outputBytes]: outputBytes,
      },
      userCounters: ctx.counters,
      slices: [],
      outputBytes,
      bad: env.bad,
      alike: { byHash: left.byHash && right.byHash, byRange: left.byRange && right.byRange },
    }
  }

  private async joinParts(
    task: MapTask,
    env: TaskEnvironment,
    rows: JoinRows,
    held: HeldRows,
    heldSide: JoinSideName,
  ): Promise<Readonly<Record<JoinSideName, SortedSide>>> {
    const bound = await this.boundOf(task, env)
    this.passed = 0
    const opened: OpenFile[] = []
    const open = async (name: JoinSideName): Promise<SortedSide> => {
      const file = filesOf(env, name)[task.task]
      if (file === undefined) throw new TypeError(`there is no part ${task.task} of the ${name} side`)
      const own = await this.open(file, name, task, env)
      opened.push(own)
      return new SortedSide({
        side: this.join[name],
        name,
        file: file.name,
        reader: own.reader,
        ctx: env.ctx,
        part: task.task,
        parts: filesOf(env, name).length,
        bound: bound?.key,
        boundKind: bound?.kind ?? 0,
      })
    }
    try {
      const sides = { left: await open('left'), right: await open('right') }
      await mergeSides(sides[heldSide], sides[heldSide === 'left' ? 'right' : 'left'], rows, held)
      return sides
    } finally {
      for (const file of opened) file.close()
    }
  }

  /** The least key of all later parts: both sides' first, since each is sorted itself. */
  private async boundOf(task: MapTask, env: TaskEnvironment): Promise<{ key: Encoder; kind: number } | undefined> {
    let least: { key: Encoder; kind: number } | undefined
    for (const name of ['left', 'right'] as const) {
      const first = await this.firstKey(task, env, name)
      if (
        first !== undefined &&
        (least === undefined || compareEncoded(first.key, first.kind, least.key, least.kind) < 0)
      )
        least = first
    }
    return least
  }

  private async firstKey(
    task: MapTask,
    env: TaskEnvironment,
    name: JoinSideName,
  ): Promise<{ key: Encoder; kind: number } | undefined> {
    for (const file of filesOf(env, name).slice(task.task + 1)) {
      const { reader, close } = await this.open(file, name, task, env)
      try {
        while (reader.next()) {
          const key = this.join[name].key(reader.record, env.ctx)
          if (holdsNull(key)) continue
          const encoder = new Encoder()
          return { key: encoder, kind: encoder.key(key) }
        }
      } finally {
        close()
      }
    }
    return undefined
  }

  private async open(file: InputFile, name: JoinSideName, task: MapTask, env: TaskEnvironment): Promise<OpenFile> {
    const { progress, ctx, datanode } = env
    const inflated = `${task.outputFile}.${name}.inflated`
    const source = await openSource(file, datanode, inflated, () => {
      progress.beat()
    })
    ctx.inputFile = file.name
    ctx.inputName = name
    const format = this.join[name].input ?? text()
    const reader = openReader(format, this.chunks[name], source, 0, source.length, {
      name: file.name,
      beforeRefill: () => {},
      onRead: (bytes) => {
        progress.read(bytes)
      },
      contains: needleOf(format, file.name, ctx),
      onPassed: (records) => {
        this.passed += records
      },
    })
    return {
      reader,
      close: () => {
        env.bad.push(...source.bad)
        source.close()
        if (file.gzip) rmSync(inflated, { force: true })
      },
    }
  }
}

function filesOf(env: TaskEnvironment, name: JoinSideName): readonly InputFile[] {
  return env.plan.files.filter((file) => file.input === name)
}

async function mergeSides(
  heldSide: SortedSide,
  streamedSide: SortedSide,
  rows: JoinRows,
  held: HeldRows,
): Promise<void> {
  const { kept } = rows
  const encoder = new Encoder()
  const decoder = new Decoder()
  const group = new Encoder()
  let h = heldSide.advance()
  let s = streamedSide.advance()
  const isGroup = (side: SortedSide, groupKind: number): boolean =>
    !side.isNull && compareEncoded(side.keys, side.keyKind, group, groupKind) === 0
  while (h || s) {
    const order = !h
      ? 1
      : !s || heldSide.isNull
        ? -1
        : streamedSide.isNull
          ? 1
          : compareEncoded(heldSide.keys, heldSide.keyKind, streamedSide.keys, streamedSide.keyKind)
    if (order < 0) {
      if (kept.loneHeld) {
        const pending = rows.held(keySeen(heldSide.key ?? null), asSeen(heldSide.value()))
        if (pending !== undefined) await pending
      }
      h = heldSide.advance()
      continue
    }
    if (order > 0) {
      if (kept.loneStreamed) {
        const pending = rows.streamed(keySeen(streamedSide.key ?? null), asSeen(streamedSide.value()))
        if (pending !== undefined) await pending
      }
      s = streamedSide.advance()
      continue
    }
    const groupKind = group.raw(heldSide.keyKind, heldSide.keys.bytes, 0, heldSide.keys.length)
    held.clear()
    while (h && isGroup(heldSide, groupKind)) {
      if (kept.pairs || kept.onceHeld) {
        const valueKind = encoder.value(heldSide.value())
        held.add(encoder.bytes, valueKind, 0, encoder.length)
      }
      h = heldSide.advance()
    }
    while (s && isGroup(streamedSide, groupKind)) {
      if (kept.onceStreamed) {
        const pending = rows.streamed(keySeen(streamedSide.key), asSeen(streamedSide.value()))
        if (pending !== undefined) await pending
      }
      if (kept.pairs) {
        const key = keySeen(streamedSide.key)
        const value = asSeen(streamedSide.value())
        held.rewind()
        while (held.advance()) {
          const pending = rows.pair(key, value, decoder.decode(held.bytes, held.kind, held.start, held.end))
          if (pending !== undefined) await pending
        }
      }
      s = streamedSide.advance()
    }
    if (!kept.onceHeld) continue
    held.rewind()
    const key = new Decoder().decode(group.bytes, groupKind, 0, group.length)
    while (held.advance()) {
      const pending = rows.held(key, decoder.decode(held.bytes, held.kind, held.start, held.end))
      if (pending !== undefined) await pending
    }
  }
}
