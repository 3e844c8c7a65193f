import type { LocatedBlock, ReplicaLocation } from '../../client/status.ts'

/** What HDFS tells of a datanode to those who would read from it; older Java clients take only places from it. */
function datanodeJson({ datanode, rack, address }: ReplicaLocation) {
  const host = address?.host ?? 'localhost'
  const port = address?.port ?? 0
  return {
    adminState: 'NORMAL',
    blockPoolUsed: 0,
    cacheCapacity: 0,
    cacheUsed: 0,
    capacity: 0,
    dfsUsed: 0,
    hostName: host,
    infoPort: 0,
    infoSecurePort: 0,
    ipAddr: host === 'localhost' ? '127.0.0.1' : host,
    ipcPort: 0,
    lastBlockReportMonotonic: 0,
    lastBlockReportTime: 0,
    lastUpdate: 0,
    lastUpdateMonotonic: 0,
    name: `${host}:${port}`,
    networkLocation: rack,
    remaining: 0,
    storageID: datanode,
    xceiverCount: 0,
    xferPort: port,
  }
}

const blockJson = (block: LocatedBlock) => ({
  block: {
    blockId: block.block,
    blockPoolId: 'quern',
    generationStamp: block.generation,
    numBytes: block.length,
  },
  blockToken: { urlString: 'AAAAAA' },
  cachedLocations: [],
  isCorrupt: block.replicas.length === 0,
  locations: block.replicas.map(datanodeJson),
  startOffset: block.offset,
  storageTypes: block.replicas.map(() => 'DISK'),
})

/** HDFS's `LocatedBlocks`: those of `within`, of a file that has `blocks`. */
export function locatedBlocksJson(blocks: readonly LocatedBlock[], within: readonly LocatedBlock[]) {
  const last = blocks.at(-1)
  return {
    fileLength: last === undefined ? 0 : last.offset + last.length,
    isLastBlockComplete: true,
    isUnderConstruction: false,
    lastLocatedBlock: last === undefined ? null : blockJson(last),
    locatedBlocks: within.map(blockJson),
  }
}
