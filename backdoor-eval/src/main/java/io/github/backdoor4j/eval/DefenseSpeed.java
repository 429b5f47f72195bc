package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Evidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How fast one defense was, by its record. What was not measured is NaN.
 *
 * @param defense id
 * @param status whether there are numbers
 * @param reason why not, if not; else empty
 * @param earlier whether the record was there before, so that other work may have slowed it down
 * @param seconds of the defense alone
 * @param secondsWithTests of the whole cell: the defense and the tests of what came out
 * @param passes forward passes over the training set, a backward pass counting as two
 * @param imagesPerSecond images of such passes, by the seconds of the defense alone; NaN for one
 *     that looks at weights only
 * @param ofInference that speed as a share of plain inference with the same network; NaN if the
 *     defense ran on another number of threads
 * @param threads of one operation of the defense
 * @param peakMebibytes largest resident memory of the process meanwhile, tests included, and what
 *     the allocator had kept from work before
 */
record DefenseSpeed(
    String defense,
    ResultRecord.Status status,
    String reason,
    boolean earlier,
    double seconds,
    double secondsWithTests,
    double passes,
    double imagesPerSecond,
    double ofInference,
    int threads,
    double peakMebibytes) {

  private static final String EARLIER = "from an earlier run";

  /**
   * Reads a record.
   *
   * @param trainingImages images of a pass
   * @param inference images per second of the same network in evaluation mode
   * @param threads with which inference was measured
   */
  static DefenseSpeed of(
      ResultRecord result, boolean earlier, double trainingImages, double inference, int threads) {
    int own = result.provenance().threads();
    double seconds = number(result.evidence(), OutcomeEvidence.DEFENSE_SECONDS);
    double passes = number(result.evidence(), OutcomeEvidence.FORWARD_PASSES);
    double speed = passes > 0 ? passes * trainingImages / seconds : Double.NaN;
    return new DefenseSpeed(
        result.spec().defense(),
        result.status(),
        result.reason(),
        earlier,
        seconds,
        result.seconds(),
        passes,
        speed,
        own == threads ? speed / inference : Double.NaN,
        own,
        result.peakMemoryMb());
  }

  private static double number(Evidence evidence, String name) {
    Map<String, Double> numbers = evidence.numbers();
    return numbers.getOrDefault(name, Double.NaN);
  }

  /** A table for people. */
  static List<String> lines(List<DefenseSpeed> speeds) {
    List<TextTable.Column> columns = new ArrayList<>();
    columns.add(new TextTable.Column("", "defense", true));
    for (String title :
        List.of("seconds", "with tests", "passes", "images/s", "of inference", "peak MiB")) {
      columns.add(new TextTable.Column("", title, false));
    }
    columns.add(new TextTable.Column("", "", true));
    TextTable table = new TextTable(columns);
    speeds.forEach(speed -> table.add(speed.cells()));
    return table.lines();
  }

  private List<String> cells() {
    boolean ok = status == ResultRecord.Status.OK;
    return List.of(
        defense,
        ReportText.fixed(seconds, 1),
        ok ? ReportText.fixed(secondsWithTests, 1) : ReportText.MISSING,
        ReportText.fixed(passes, 2),
        ReportText.fixed(imagesPerSecond, 0),
        Double.isNaN(ofInference) ? ReportText.MISSING : Text.percent(ofInference) + " %",
        ok ? ReportText.fixed(peakMebibytes, 0) : ReportText.MISSING,
        remark());
  }

  private String remark() {
    String first = reason.lines().findFirst().orElse("");
    return switch (status) {
      case OK -> earlier ? EARLIER + ", " + ReportText.count(threads, "thread") : "";
      case NOT_APPLICABLE -> "not applicable: " + first;
      case FAILED -> "failed: " + first;
    };
  }
}
