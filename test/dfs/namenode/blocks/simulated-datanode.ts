import { type BlockId, blockId, datanodeId, type GenerationStamp, generationStamp } from '../../../../dfs/base/ids.ts'
import type { BlockKey } from '../../../../dfs/base/names.ts'
import type {
  CopyCommand,
  DatanodeCommands,
  Registration,
  ReportOrigin,
} from '../../../../dfs/namenode/blocks/commands.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'

export interface DiskReplica {
  readonly block: BlockId
  readonly generation: GenerationStamp
  length: number
  good: boolean
}

export const keyText = ({ block, generation }: BlockKey): string => `${block}_${generation}`

type Task =
  | { readonly type: 'delete'; readonly key: BlockKey; readonly validUntil: number }
  | { readonly type: 'verify'; readonly key: BlockKey }

/** What a datanode process and its disk do, with the wire between it and the namenode. The disk is the truth. */
export class SimulatedDatanode {
  readonly id
  readonly rack: string
  readonly disk = new Map<string, DiskReplica>()
  capacity: number
  uuid = 1
  state: 'running' | 'frozen' | 'down' | 'destroyed' = 'running'
  /** Nothing comes through, either way, until then. */
  cutUntil = 0
  /** Its disk is so slow that nothing it was told is begun before. */
  slowUntil = 0
  /** When the namenode last heard it. */
  heardAt = Number.NEGATIVE_INFINITY
  registration: Registration | undefined
  #sequence = 0
  #tasks: Task[] = []
  #answers: { commands: DatanodeCommands; sentAt: number }[] = []
  #copies: { command: CopyCommand; doneAt: number }[] = []
  #life = 0
  #nextBeat = 0
  #lastDelivery = 0
  readonly #cluster: SimulatedCluster

  constructor(cluster: SimulatedCluster, number: number, rack: string, capacity: number) {
    this.#cluster = cluster
    this.id = datanodeId(`dn${number + 1}`)
    this.rack = rack
    this.capacity = capacity
  }

  get used(): number {
    let used = 0
    for (const { length } of this.disk.values()) used += length
    return used
  }

  get reachable(): boolean {
    return this.state === 'running' && this.cutUntil <= this.#cluster.now
  }

  good({ block, generation }: BlockKey, length: number): boolean {
    const replica = this.disk.get(keyText({ block, generation }))
    return this.state !== 'destroyed' && replica?.good === true && replica.length === length
  }

  kill(): void {
    this.state = 'down'
    this.#life++
    this.registration = undefined
    this.#forgetCommands()
  }

  start(): void {
    this.state = 'running'
    this.#nextBeat = this.#cluster.now
  }

  /** What it was told is never done, and nobody hears of it: copies and deletions alike. */
  forget(): void {
    this.#forgetCommands()
  }

  #forgetCommands(): void {
    this.#tasks = []
    this.#copies = []
    this.#answers = []
    this.#cluster.oracle.forgotten(this)
  }

  store(key: BlockKey, length: number): boolean {
    if (this.disk.has(keyText(key)) || this.used + length > this.capacity) return false
    this.disk.set(keyText(key), { ...key, length, good: true })
    this.report((namenode, from) => namenode.received(from, key, length, this.#cluster.now))
    return true
  }

  /** Says something to the namenode, in order with everything else it says. */
  report(say: (namenode: SimulatedCluster['namenode'], from: ReportOrigin) => void): void {
    if (this.registration === undefined) return
    const origin = { ...this.registration, sequence: ++this.#sequence }
    this.#send((cluster) => say(cluster.namenode, origin))
  }

  #send(deliver: (cluster: SimulatedCluster) => void): void {
    const cluster = this.#cluster
    const { chance, wire } = cluster
    if (this.cutUntil > cluster.now || chance.happens(wire.loss)) return
    const at = Math.max(this.#lastDelivery, cluster.now + chance.below(wire.delayMillis + 1))
    this.#lastDelivery = at
    cluster.at(at, () => deliver(cluster))
    // The same once more, much later: what comes from the past must not be believed.
    if (chance.happens(wire.duplicates)) cluster.at(at + chance.below(4_000), () => deliver(cluster))
  }

  step(): void {
    if (this.state !== 'running') return
    const { now, chance } = this.#cluster
    for (const { commands, sentAt } of this.#answers.splice(0)) this.#obey(commands, sentAt)
    if (this.slowUntil <= now) {
      const some = chance.happens(0.7) ? this.#tasks.length : chance.below(this.#tasks.length + 1)
      for (const task of this.#tasks.splice(0, some)) this.#execute(task)
    }
    const ready = this.#copies.filter(({ doneAt }) => doneAt <= now)
    this.#copies = this.#copies.filter(({ doneAt }) => doneAt > now)
    for (const { command } of ready) this.#copy(command)
    if (now >= this.#nextBeat) this.#beat()
  }

  #beat(): void {
    const cluster = this.#cluster
    this.#nextBeat = cluster.now + cluster.config.heartbeatMillis
    if (this.registration === undefined) {
      this.#register()
      return
    }
    const { registration } = this
    const sentAt = cluster.now
    const life = this.#life
    const used = this.used
    const beat = { capacity: this.capacity, free: this.capacity - used, used, writers: 0, reported: this.#sequence }
    this.#send(() => {
      const commands = cluster.namenode.heartbeat(registration, beat, cluster.now)
      if (!commands.register) this.heardAt = cluster.now
      cluster.oracle.commanded(this, commands, sentAt)
      if (this.cutUntil > cluster.now || cluster.chance.happens(cluster.wire.loss)) return
      cluster.at(cluster.now + cluster.chance.below(cluster.wire.delayMillis + 1), () => {
        if (this.#life === life && this.registration === registration) this.#answers.push({ commands, sentAt })
      })
    })
  }

  /** What it was told before and has not done is forgotten before it says what it has. */
  #register(): void {
    if (this.cutUntil > this.#cluster.now || this.#cluster.chance.happens(this.#cluster.wire.loss)) return
    this.#forgetCommands()
    this.#sequence = 0
    this.registration = this.#cluster.register(this)
    this.heardAt = this.#cluster.now
    this.#fullReport()
  }

  /** What it has, unasked. */
  tellAll(): void {
    this.#fullReport()
  }

  #fullReport(): void {
    const replicas = Float64Array.from(
      [...this.disk.values()].flatMap(({ block, generation, length }) => [block, generation, length]),
    )
    this.report((namenode, from) => namenode.fullReport(from, replicas, this.#cluster.now))
  }

  #obey(commands: DatanodeCommands, sentAt: number): void {
    const { now, chance } = this.#cluster
    if (commands.register) {
      this.registration = undefined
      this.#register()
      return
    }
    const validUntil = sentAt + commands.deletionsValidMillis
    for (const key of commands.deletions) this.#tasks.push({ type: 'delete', key, validUntil })
    for (const key of commands.verify) this.#tasks.push({ type: 'verify', key })
    for (const command of commands.copies) this.#copies.push({ command, doneAt: now + chance.below(400) })
    if (commands.report) this.#fullReport()
  }

  #execute(task: Task): void {
    const cluster = this.#cluster
    const { key } = task
    const text = keyText(key)
    if (task.type === 'verify') {
      this.look(key)
      return
    }
    if (task.validUntil < cluster.now) return
    cluster.oracle.deleting(this, key)
    this.disk.delete(text)
    this.report((namenode, from) => namenode.deleted(from, key, cluster.now))
  }

  /** Reads one of its replicas from end to end and tells what it found. */
  look(key: BlockKey): void {
    this.report(this.#looked(key))
  }

  #looked(key: BlockKey): (namenode: SimulatedCluster['namenode'], from: ReportOrigin) => void {
    const cluster = this.#cluster
    const replica = this.disk.get(keyText(key))
    const { good, length } = replica ?? { good: false, length: 0 }
    return (namenode, from) => {
      if (replica === undefined) namenode.deleted(from, key, cluster.now)
      else if (good) namenode.verified(from, key, length, cluster.now)
      else namenode.bad(from, key, cluster.now)
    }
  }

  /** Reads all it has; what it found is said only when it is through, and may not be so any more. */
  scrub(): void {
    const cluster = this.#cluster
    const { registration } = this
    for (const { block, generation } of this.disk.values()) {
      const key = { block, generation }
      const replica = this.disk.get(keyText(key))
      const { good } = replica ?? { good: false }
      const look = this.#looked(key)
      cluster.at(cluster.now + cluster.chance.below(600), () => {
        if (this.registration !== registration || this.state !== 'running') return
        // That it was well may be said too late; that it was bad, only of the same replica.
        if (good || this.disk.get(keyText(key)) === replica) this.report(look)
      })
    }
  }

  #copy({ key, length, targets }: CopyCommand): void {
    const cluster = this.#cluster
    const replica = this.disk.get(keyText(key))
    const reached = new Set<number>()
    if (replica?.good === true && replica.length === length) {
      for (const target of targets) {
        const node = cluster.byNumber(target)
        if (node?.reachable === true && this.reachable && node.store(key, length)) reached.add(target)
      }
    } else this.look(key)
    const failed = targets.filter((target) => !reached.has(target))
    if (failed.length > 0) this.report((namenode, from) => namenode.copyFailed(from, key, failed, cluster.now))
  }
}

export const newKey = (block: number, generation: number): BlockKey => ({
  block: blockId(block),
  generation: generationStamp(generation),
})
