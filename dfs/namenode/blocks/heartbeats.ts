import type { DatanodeCommands, DatanodeIdentity, Heartbeat, Registration, ReportOrigin } from './commands.ts'
import type { DatanodeState } from './datanode-state.ts'
import type { DeletionWork } from './deletion-work.ts'
import type { ReplicaLedger } from './replica-ledger.ts'
import type { Sweep } from './sweep.ts'

/** Replicas to be read from end to end that one heartbeat brings. */
const verifyMax = 100

/** Who is there: datanodes come, are heard, fall silent, come back. */
export class Heartbeats {
  readonly #ledger: ReplicaLedger
  readonly #sweep: Sweep
  readonly #deletions: DeletionWork
  readonly #startedAt: number
  readonly #epoch: number
  #lastTick: number

  constructor(parts: { ledger: ReplicaLedger; sweep: Sweep; deletions: DeletionWork; epoch: number }) {
    this.#ledger = parts.ledger
    this.#sweep = parts.sweep
    this.#deletions = parts.deletions
    this.#epoch = parts.epoch
    this.#startedAt = parts.ledger.now
    this.#lastTick = parts.ledger.now
  }

  register(identity: DatanodeIdentity): Registration {
    const { nodes, orders, now } = this.#ledger
    const node = nodes.known(identity)
    const other = !node.dead && node.uuid !== identity.uuid
    if (other) this.#lose(node)
    const wasDead = node.dead
    if (!wasDead) orders.cancelOf(node.number)
    if (wasDead || node.rack !== identity.rack) this.#sweep.all()
    // Every start of the namenode has numbers of its own, so that no session of an earlier one is taken for one of this.
    const session = this.#epoch * sessionsPerEpoch + nodes.nextSession()
    node.introduce(identity, session, now)
    if (identity.space !== undefined) node.beat = { ...node.beat, ...identity.space }
    nodes.changed()
    return { node: node.number, session }
  }

  heartbeat(from: Registration, beat: Heartbeat, quiet: boolean): DatanodeCommands {
    const { now, config } = this.#ledger
    const node = this.#known(from)
    const deletionsValidMillis = config.deletionsValidMillis
    if (node === undefined) {
      return { register: true, report: false, copies: [], deletions: [], deletionsValidMillis, verify: [] }
    }
    node.lastContact = now
    node.liveness = 'live'
    node.beat = beat
    if (beat.reported > node.sequence) this.#missed(node)
    const report = this.#reportWanted(node)
    if (report) node.reportAsked = now
    return {
      register: false,
      report,
      copies: quiet ? [] : node.copies.splice(0),
      deletions: quiet ? [] : this.#deletions.take(node),
      deletionsValidMillis,
      verify: this.#toVerify(node),
    }
  }

  /** The datanode a report is from; undefined when it comes from the past, or a second time. */
  listen(origin: ReportOrigin): DatanodeState | undefined {
    const node = this.#known(origin)
    if (node === undefined || origin.sequence <= node.sequence) return undefined
    if (origin.sequence > node.sequence + 1) this.#missed(node)
    node.sequence = origin.sequence
    return node
  }

  #known({ node: number, session }: Registration): DatanodeState | undefined {
    const node = this.#ledger.nodes.at(number)
    return node?.session === session && !node.dead ? node : undefined
  }

  /** A report was lost. */
  #missed(node: DatanodeState): void {
    if (!node.contentStale) node.reportAsked = undefined
    node.contentStale = true
  }

  #reportWanted({ contentStale, reportAsked }: DatanodeState): boolean {
    const { now, config } = this.#ledger
    return (
      reportAsked === undefined || now - reportAsked >= (contentStale ? config.deadMillis : config.fullReportMillis)
    )
  }

  #toVerify(node: DatanodeState): DatanodeCommands['verify'] {
    const keys: DatanodeCommands['verify'][number][] = []
    for (const [block, generation] of node.verify) {
      if (keys.length >= verifyMax) break
      node.verify.delete(block)
      node.asked.set(block, this.#ledger.now)
      keys.push({ block, generation })
    }
    return keys
  }

  /** Who has fallen silent for too long. */
  listenForSilence(): number[] {
    const { nodes, now, config } = this.#ledger
    const gap = now - this.#lastTick
    this.#lastTick = now
    const died: number[] = []
    for (const node of nodes.all) {
      if (node.dead || node.lastContact === undefined) continue
      // This process itself was frozen, or asleep: nobody else is to blame for what it did not hear.
      if (gap > 2 * config.heartbeatMillis) node.lastContact = Math.min(now, node.lastContact + gap)
      const silence = now - node.lastContact
      if (silence >= config.deadMillis) {
        this.#lose(node)
        died.push(node.number)
      } else node.liveness = silence >= config.staleMillis ? 'stale' : 'live'
    }
    return died
  }

  #lose(node: DatanodeState): void {
    const { nodes, orders, bad } = this.#ledger
    node.liveness = 'dead'
    node.contentStale = true
    node.forgetCommands()
    nodes.changed()
    orders.cancelOf(node.number)
    for (const block of [...bad.blocks()]) bad.remove(block, node.number)
    this.#sweep.withoutNode(node)
  }

  /** Datanodes that are known and have not come, or not yet said what they hold. */
  awaited(): DatanodeState[] {
    return this.#ledger.nodes.all.filter(
      (node) => node.adminState !== 'decommissioned' && (node.session === 0 || (!node.dead && node.contentStale)),
    )
  }

  /** Right after the start, what is missing is most likely still on its way. */
  get settling(): boolean {
    return this.#ledger.now - this.#startedAt < this.#ledger.config.deadMillis && this.awaited().length > 0
  }
}

const sessionsPerEpoch = 1_000_000
