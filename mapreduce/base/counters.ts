/** Names of the engine's counters, as they stand in summaries and `--json`. User counters live in their own map. */
export const counter = {
  mapInputRecords: 'map-input-records',
  mapInputBytes: 'map-input-bytes',
  /** Of the input records, those set aside. */
  skippedRecords: 'skipped-records',
  mapOutputRecords: 'map-output-records',
  mapOutputBytes: 'map-output-bytes',
  combineInputRecords: 'combine-input-records',
  combineOutputRecords: 'combine-output-records',
  spills: 'spills',
  spilledRecords: 'spilled-records',
  spilledBytes: 'spilled-bytes',
  mergePasses: 'merge-passes',
  shuffleBytes: 'shuffle-bytes',
  reduceInputRecords: 'reduce-input-records',
  reduceInputGroups: 'reduce-input-groups',
  outputRecords: 'output-records',
  outputBytes: 'output-bytes',
  /** Kept by the master. */
  dataLocal: 'data-local',
  rackLocal: 'rack-local',
  offRack: 'off-rack',
  launchedMaps: 'launched-maps',
  launchedReduces: 'launched-reduces',
  /** Maps whose run files an earlier run had left. */
  resumedMaps: 'resumed-maps',
  failedAttempts: 'failed-attempts',
  lostAttempts: 'lost-attempts',
  timedOutAttempts: 'timed-out-attempts',
  speculativeAttempts: 'speculative-attempts',
  speculativeWon: 'speculative-won',
} as const
