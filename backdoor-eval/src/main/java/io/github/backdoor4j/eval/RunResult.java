package io.github.backdoor4j.eval;

import java.nio.file.Path;
import java.util.List;

/**
 * What a run came to.
 *
 * @param plan as run
 * @param records in the order of the work: per seed the attack, the control, then each defense on
 *     both
 * @param folder where records, table and report are
 */
public record RunResult(RunPlan plan, List<ResultRecord> records, Path folder) {

  public RunResult {
    records = List.copyOf(records);
  }

  /** Whether any cell broke. */
  public boolean failed() {
    return records.stream().anyMatch(r -> r.status() == ResultRecord.Status.FAILED);
  }
}
