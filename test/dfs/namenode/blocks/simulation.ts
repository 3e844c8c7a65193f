import type { Block } from '../../../../dfs/namenode/inode.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import { keyText, type SimulatedDatanode } from './simulated-datanode.ts'

export const faults = [
  'kill',
  'freeze',
  'cut',
  'slow',
  'forget',
  'wire',
  'corrupt',
  'wipe',
  'destroy',
  'full',
  'namenode',
  'frozenNamenode',
  'decommission',
  'stray',
  'scrub',
] as const
export type Fault = (typeof faults)[number]

export interface History {
  readonly seed: number
  readonly steps: number
  readonly faults: readonly Fault[]
}

const stepMillis = 50
const calmMillis = 90_000

/** A life of files and datanodes with faults, then peace; throws when anything was lost, or does not heal. */
export function live(history: History): SimulatedCluster {
  const cluster = new SimulatedCluster(history.seed, ['a', 'a', 'b', 'b'])
  for (let i = 0; i < 20; i++) cluster.step(stepMillis)
  for (let i = 0; i < history.steps; i++) {
    work(cluster)
    if (cluster.chance.happens(0.1)) {
      const fault = cluster.chance.of(history.faults)
      if (fault !== undefined) happen(cluster, fault)
    }
    cluster.step(stepMillis)
  }
  calm(cluster)
  for (let time = 0; time < calmMillis && !healed(cluster); time += 10 * stepMillis) {
    for (let i = 0; i < 10; i++) cluster.step(stepMillis)
  }
  check(cluster)
  quiet(cluster)
  return cluster
}

function work(cluster: SimulatedCluster): void {
  const { chance } = cluster
  if (cluster.namenodeFrozenUntil > cluster.now) return
  if (chance.happens(0.15) && cluster.files.length < 20) cluster.create(chance.between(1, 4), chance.between(1, 3))
  const file = chance.of(cluster.files)
  if (file === undefined || cluster.namenode.inSafeMode) return
  if (chance.happens(0.03)) cluster.drop(file)
  if (file.state !== 'complete') return
  if (chance.happens(0.05)) {
    const replication = chance.between(1, 4)
    if (file.node.blocks.every((block) => cluster.oracle.mayWant(block, replication))) {
      cluster.log(`${file.node.name} shall have ${replication}`)
      cluster.setReplication(file, replication)
    }
  }
  const block = chance.of(file.node.blocks)
  if (block !== undefined && chance.happens(0.2)) cluster.read(block)
}

function happen(cluster: SimulatedCluster, fault: Fault): void {
  const { chance } = cluster
  const node = chance.of(cluster.datanodes)
  if (node === undefined || node.state === 'destroyed') return
  cluster.log(`${fault} ${node.id} (${node.state})`)
  switch (fault) {
    case 'kill':
      if (node.state === 'down') node.start()
      else node.kill()
      return
    case 'freeze':
      if (node.state === 'frozen') node.state = 'running'
      else if (node.state === 'running') node.state = 'frozen'
      return
    case 'cut':
      node.cutUntil = cluster.now + chance.below(5_000)
      return
    case 'slow':
      node.slowUntil = cluster.now + chance.below(5_000)
      return
    case 'forget':
      if (node.state === 'running') node.forget()
      return
    case 'wire':
      cluster.wire.loss = chance.of([0, 0, 0.05, 0.3]) ?? 0
      cluster.wire.duplicates = chance.of([0, 0.1, 0.5]) ?? 0
      cluster.wire.delayMillis = chance.of([0, 50, 300, 1_000]) ?? 0
      return
    case 'corrupt': {
      const replica = chance.of([...node.disk.values()])
      if (replica === undefined || !cluster.oracle.survives(node, new Set([keyText(replica)]))) return
      if (chance.happens(0.5)) replica.good = false
      else node.disk.delete(keyText(replica))
      cluster.log(`  ${keyText(replica)} on ${node.id}`)
      return
    }
    case 'wipe':
      // Behind its back, or with a new directory at the next start.
      if (!cluster.oracle.survives(node, new Set(node.disk.keys()))) return
      node.disk.clear()
      if (node.state !== 'down') return
      node.uuid++
      return
    case 'destroy': {
      const left = cluster.datanodes.filter(({ state }) => state !== 'destroyed')
      if (left.length <= 3 || !cluster.oracle.survives(node, new Set(node.disk.keys()))) return
      node.kill()
      node.state = 'destroyed'
      if (chance.happens(0.5)) cluster.addDatanode(node.rack)
      return
    }
    case 'full':
      node.capacity = chance.happens(0.5) ? node.used : 3_000
      return
    case 'namenode':
      if (cluster.namenodeFrozenUntil <= cluster.now) cluster.restartNamenode()
      return
    case 'frozenNamenode':
      cluster.namenodeFrozenUntil = cluster.now + chance.below(6_000)
      return
    case 'decommission':
      if (cluster.namenodeFrozenUntil > cluster.now) return
      if (cluster.adminState(node) !== 'in-service') cluster.setAdminState(node, 'in-service')
      else if (cluster.datanodes.every((other) => cluster.adminState(other) === 'in-service')) {
        cluster.setAdminState(node, 'decommissioning')
      }
      return
    case 'scrub':
      if (node.state === 'running') node.scrub()
      return
    case 'stray': {
      const far = 1_000_000 + chance.below(5)
      const key = { block: far as Block['id'], generation: 1 as Block['generation'] }
      node.disk.set(keyText(key), { ...key, length: 1, good: true })
      return
    }
  }
}

/** Whatever is not broken for ever works again, and every disk is looked over once. */
function calm(cluster: SimulatedCluster): void {
  cluster.log('peace')
  Object.assign(cluster.wire, { loss: 0, duplicates: 0, delayMillis: 20 })
  cluster.namenodeFrozenUntil = 0
  for (const node of cluster.datanodes) {
    node.cutUntil = 0
    node.slowUntil = 0
    node.capacity = 10_000
    if (node.state === 'down') node.start()
    if (node.state === 'frozen') node.state = 'running'
  }
  for (let i = 0; i < 100; i++) cluster.step(stepMillis)
  // What a reader would find, the scrubber finds: replicas that are bad, and those that are gone without a word.
  for (const node of cluster.datanodes) if (node.state === 'running') node.scrub()
  for (let i = 0; i < 20; i++) cluster.step(stepMillis)
  for (const node of cluster.datanodes) if (node.state === 'running') node.tellAll()
}

function* replicasOf(cluster: SimulatedCluster, block: Block): Generator<SimulatedDatanode> {
  for (const node of cluster.datanodes) {
    if (node.good({ block: block.id, generation: block.generation }, block.length)) yield node
  }
}

function problems(cluster: SimulatedCluster): string[] {
  const found: string[] = []
  const inService = cluster.datanodes.filter(
    (node) => node.state === 'running' && cluster.adminState(node) === 'in-service',
  )
  const racks = new Set(inService.map(({ rack }) => rack)).size
  const needed = new Map<string, Block>()
  if (cluster.namenode.inSafeMode) found.push(`safe mode: ${cluster.namenode.safeMode(cluster.now).detail}`)
  for (const { node, state } of cluster.files) {
    if (state !== 'complete') {
      found.push(`${node.name} is ${state}`)
      continue
    }
    for (const block of node.blocks) {
      needed.set(keyText({ block: block.id, generation: block.generation }), block)
      const target = Math.min(node.attributes.replication, inService.length)
      const good = [...replicasOf(cluster, block)].filter((holder) => inService.includes(holder))
      if (good.length !== target)
        found.push(`block ${block.id} of ${node.name} has ${good.length} replicas, not ${target}`)
      if (target > 1 && racks > 1 && new Set(good.map(({ rack }) => rack)).size < 2) {
        found.push(`block ${block.id} is on one rack: ${good.map(({ id }) => id).join()}`)
      }
      const known = block.replicas.flatMap((number) => cluster.byNumber(number)?.id ?? []).sort()
      const there = [...replicasOf(cluster, block)].map(({ id }) => id).sort()
      if (known.join() !== there.join())
        found.push(`block ${block.id} is on ${there.join()}, and known on ${known.join()}`)
      if (!cluster.namenode.atTarget(block)) found.push(`block ${block.id} is not said to be at its target`)
    }
  }
  for (const node of cluster.datanodes) {
    if (node.state === 'destroyed') continue
    for (const [text, replica] of node.disk) {
      if (needed.has(text) ? !replica.good : replica.block < cluster.nextBlock) {
        found.push(`${text} on ${node.id} is ${needed.has(text) ? 'bad' : 'an orphan'}`)
      }
    }
    if (cluster.adminState(node) === 'decommissioning') found.push(`${node.id} is still being decommissioned`)
    const number = cluster.namenode.nodeOf(node.id)
    const report = number === undefined ? undefined : cluster.namenode.datanode(number, cluster.now)
    const blocks = [...node.disk.keys()].filter((text) => needed.has(text)).length
    if (report?.blocks !== blocks) found.push(`${node.id} has ${blocks} blocks, the namenode counts ${report?.blocks}`)
  }
  const { strays, underReplicated, waitingForDatanodes, ...counts } = cluster.namenode.counts()
  if (Object.values({ ...counts, helpless: underReplicated - waitingForDatanodes }).some((count) => count !== 0)) {
    found.push(JSON.stringify(cluster.namenode.counts()))
  }
  return found
}

function healed(cluster: SimulatedCluster): boolean {
  return problems(cluster).length === 0
}

function check(cluster: SimulatedCluster): void {
  const found = problems(cluster)
  if (found.length > 0) {
    throw new Error(`after ${calmMillis} ms of peace:\n${found.join('\n')}\n${cluster.trace.slice(-60).join('\n')}`)
  }
}

/** Once all is well nothing is ordered any more. */
function quiet(cluster: SimulatedCluster): void {
  const { copies, deletions } = cluster.oracle
  for (let i = 0; i < 200; i++) cluster.step(stepMillis)
  if (cluster.oracle.copies !== copies || cluster.oracle.deletions !== deletions) {
    throw new Error(`all was well, and still something was ordered\n${cluster.trace.slice(-30).join('\n')}`)
  }
  check(cluster)
}
