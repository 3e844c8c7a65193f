export interface WebHdfsOptions {
  /** Sent as `user.name`. */
  readonly user: string
  /** Where the tokens are: `QUERN_WEBHDFS_TOKEN`, `QUERN_WEBHDFS_DELEGATION`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}
