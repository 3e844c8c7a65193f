export interface WebHdfsOptions {
  /** Sent as `user.name`: what it means is the server's affair. */
  readonly user: string
  /**
   * Where the tokens are: `QUERN_WEBHDFS_TOKEN` goes with every request to the server that was named, as
   * `Authorization: Bearer`; `QUERN_WEBHDFS_DELEGATION` as HDFS's `delegation` parameter, in place of the user.
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Ends what is under way. What has to be cleared away then still is. */
  readonly signal?: AbortSignal
  readonly timing?: Partial<WebHdfsTiming>
}

/** Milliseconds; how patient the client is. */
export interface WebHdfsTiming {
  /** For a connection to be there. */
  readonly connect: number
  /** For a server to say that it wants the bytes it was told of, before it gets them unasked. */
  readonly continue: number
  /** Without a byte from the server while one is due. */
  readonly silence: number
  /** Tries of what may be repeated; between them it waits `pause`, then thrice that, and so on. */
  readonly attempts: number
  readonly pause: number
  /** Between two looks at a replication that was asked for, and how long it may stand still. */
  readonly replicationLook: number
  readonly replicationStill: number
}

export const defaultTiming: WebHdfsTiming = {
  connect: 10_000,
  continue: 1_000,
  silence: 60_000,
  attempts: 4,
  pause: 100,
  replicationLook: 1_000,
  replicationStill: 30_000,
}

/** What a server may send that is no file's content; more is DFS_PROTOCOL. */
export const answerLimits = {
  /** A directory of a million names comes in pieces; from an HDFS before 3.0 it does not. */
  jsonBytes: 64 * 1024 * 1024,
  /** Of an answer that is a failure, or nobody wants: the rest is dropped with its connection. */
  failureBytes: 256 * 1024,
} as const
