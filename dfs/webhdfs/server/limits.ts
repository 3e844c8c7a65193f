/** Bounds of the server, each with its unit; all may be set. */
export interface WebHdfsServerLimits {
  /** Request line and headers together. */
  readonly headerBytesMax: number
  /** The path and the parameters, as they came. */
  readonly urlBytesMax: number
  readonly connectionsMax: number
  /** From the first byte of a connection or request to the end of its headers. */
  readonly headersTimeoutMs: number
  /** Between two requests of a connection. */
  readonly keepAliveMs: number
  /** A client that neither sends nor takes a byte for so long, where it is its turn, is let go. */
  readonly idleMs: number
  /** How much of a body that nobody wants is taken in, so that the client gets to read why. */
  readonly unwantedBytesMax: number
  readonly unwantedMs: number
  /** What runs when the server is closed has so long to end. */
  readonly closeMs: number
}

const KiB = 1024

export const defaultLimits: WebHdfsServerLimits = {
  headerBytesMax: 64 * KiB,
  // A path of 8000 bytes, each percent-encoded, and as much again.
  urlBytesMax: 48 * KiB,
  connectionsMax: 256,
  headersTimeoutMs: 20_000,
  keepAliveMs: 10_000,
  idleMs: 60_000,
  unwantedBytesMax: 16 * KiB * KiB,
  unwantedMs: 5_000,
  closeMs: 2_000,
}
